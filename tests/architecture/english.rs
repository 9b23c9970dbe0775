//! Messages and documents use standard terms: the words that the project does not use, and their
//! replacements.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use syn::visit::{self, Visit};

use crate::support::dsl::project;

/// Patterns of words that are not used, each with its replacement.
const REPLACED: [(&str, &str); 28] = [
    (r"\bfolders?\b", "directory"),
    (r"\btruth values?\b", "boolean"),
    (r"\bcomes? along\b", "bundled"),
    (r"\balready so\b", "unchanged"),
    (r"\bt(ake|akes|ook|aken|aking) back\b", "undo"),
    (r"\bno undo\b", "cannot be undone"),
    (r"\bg(ive|ives|ave|iven|iving) back\b", "release"),
    (r"\bbr(ing|ings|ought) back\b", "restore"),
    (r"\bgo(es|ing)? on\b|\bwent on\b", "continue, resume"),
    (r"\bleft out\b|\bleave it out\b", "skip, omit"),
    (r"\banew\b", "again, as a new one"),
    (r"\bcut off\b", "interrupted"),
    (r"\bagree(s|d)? (to|on|it)\b|\bconsent\b", "approve"),
    (r"\bguess(es|ed)?\b", "assumed value"),
    (r"\bby hand\b", "manually, interactive shell"),
    (r"\bwhoever\b", "any user who"),
    (r"\bnobody\b|\bsomebody\b", "no user; another process"),
    (r"\bthe person\b|\ba person\b", "the user"),
    (r"\bmend(s|ed)?\b", "fix, repair"),
    (r"\brehears(e|es|ed|al)\b", "simulate, dry run"),
    (r"\bline (end|break)s?\b", "newline"),
    (r"\bstarts? by itself\b", "boots"),
    (r"\bfirmware's( own)? list\b", "firmware boot entries"),
    (r"\bmisspelt\b", "misspelled"),
    (r"\btoo little\b", "too small"),
    (r"\broom (left|for|is)\b|\bno room\b", "free space"),
    (r"\bmade up\b", "generated"),
    (r"\bsays? why\b|\btells? (what|which|how)\b", "shows, lists, reports"),
];

/// Uses of a replaced word with another meaning.
const ALLOWED: [&str; 2] = ["`guess`", "`guesses`"];

/// The string literals of a file, with their lines.
#[derive(Default)]
pub(super) struct Strings(pub(super) Vec<(usize, String)>);

impl<'ast> Visit<'ast> for Strings {
    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.0.push((literal.span().start().line, literal.value()));
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.tokens(mac.tokens.clone());
        visit::visit_macro(self, mac);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        // Doc comments are attributes as well, but not messages.
        if !attribute.path().is_ident("doc")
            && let syn::Meta::List(list) = &attribute.meta
        {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Messages that tests expect are checked where they are written.
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }
}

impl Strings {
    /// Visits the literals of a macro, which has tokens but no syntax tree.
    fn tokens(&mut self, tokens: proc_macro2::TokenStream) {
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Group(group) => self.tokens(group.stream()),
                proc_macro2::TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    if let Ok(literal) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                        self.0.push((line, literal.value()));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Returns all files below a directory with one of these extensions.
pub(super) fn files(directory: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![project(directory)];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).expect("a directory").flatten() {
            let path = entry.path();
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if path.is_dir() => left.push(path),
                Some(ending) if endings.contains(&ending) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Returns the replaced words of a text.
fn replaced<'a>(text: &'a str, words: &'a [(Regex, &str)]) -> Vec<String> {
    let allowed = ALLOWED.iter().fold(text.to_owned(), |text, word| text.replace(word, ""));
    let found = |(word, instead): &(Regex, &str)| {
        let found = word.find(&allowed)?;
        Some(format!("{:?}: write {instead}", found.as_str()))
    };
    words.iter().filter_map(found).collect()
}

fn words() -> Vec<(Regex, &'static str)> {
    let pattern = |word: &str| Regex::new(&format!("(?i){word}")).expect("a pattern");
    REPLACED.iter().map(|(word, instead)| (pattern(word), *instead)).collect()
}

pub(super) fn short(path: &Path) -> String {
    path.strip_prefix(project("")).unwrap_or(path).display().to_string()
}

#[test]
fn messages_use_the_fields_terms() {
    let words = words();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files("runtime", &["rs"]).into_iter().chain(files("repl", &["rs"])) {
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a file");
        let mut strings = Strings::default();
        strings.visit_file(&syn::parse_file(&text).expect("Rust"));
        seen += strings.0.len();
        for (line, text) in strings.0 {
            wrong.extend(
                replaced(&text, &words).iter().map(|why| format!("{}:{line}: {why}", short(&path))),
            );
        }
    }
    assert!(seen > 3000, "only {seen} strings were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn documents_and_recipes_use_the_fields_terms() {
    let words = words();
    let mut documents = vec![project("README.md"), project("CONTRIBUTING.md")];
    documents.extend(files("docs", &["md", "1"]));
    documents.extend(files("recipes", &["rhai", "lua"]));
    documents.extend(files("stdlib", &["rhai", "lua"]));
    let mut wrong = Vec::new();
    for path in documents {
        let text = fs::read_to_string(&path).expect("a document");
        for (line, text) in text.lines().enumerate() {
            wrong.extend(
                replaced(text, &words)
                    .iter()
                    .map(|why| format!("{}:{}: {why}", short(&path), line + 1)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_replaced_word_is_found() {
    let found = replaced("Nothing is already so in this Folder.", &words());
    assert_eq!(found, ["\"Folder\": write directory", "\"already so\": write unchanged"]);
}
