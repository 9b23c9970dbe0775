//! Checks of names: every name must be defined, and every parameter must be used.

use std::collections::BTreeSet;

use super::scan::Scan;
use crate::finding::Finding;
use crate::operation::spec::Spec;
use crate::primitives::registry::PRIMITIVES;
use crate::recipe::ParamDecl;
use crate::script::{Language, PARAMS, suggest_name};
use crate::script::{Token, TokenKind};

const RHAI_WORDS: &str = "let const if else while loop do until for in break continue return throw \
    try catch import export as global fn private this true false is_shared switch Fn eval is_def_fn \
    is_def_var";

/// The functions of Rhai's standard package that are available to recipes.
const RHAI_FUNCTIONS: &str = "print debug type_of curry abs acos acosh all append as_string asin asinh \
    atan atan2 atanh bits blob bytes ceiling chars chop clear concat contains cos cosh crop dedup \
    drain end ends_with exit exp extract fill_with filter find find_map floor for_each fraction get \
    get_bit get_bits get_tag hypot index_of insert int is_anonymous is_empty is_even is_exclusive \
    is_finite is_inclusive is_infinite is_nan is_odd is_zero keys len ln log log10 make_lower \
    make_upper map max merge min mixin name order order_by order_desc pad parse_float parse_int \
    parse_json pop push range reduce reduce_rev remove replace retain reverse round rsplit rsplitn \
    set set_bit set_bits set_tag shift sign sin sinh some sort sort_by sort_desc splice split \
    split_at split_rev split_whitespace splitn sqrt start starts_with sub_string take tan tanh \
    to_array to_binary to_blob to_chars to_debug to_degrees to_float to_hex to_int to_json to_lower \
    to_octal to_radians to_string to_upper trim truncate values zip PI E";

const LUA_WORDS: &str = "and break do else elseif end false for function goto if in local nil not or \
    repeat return then true until while";

const LUA_GLOBALS: &str = "assert error getmetatable ipairs next pairs pcall print rawequal rawget \
    rawlen rawset select setmetatable tonumber tostring type xpcall _G _VERSION table string math \
    utf8 require params self";

/// Returns the names available to every script: keywords, and the standard library of the language.
fn words(language: Language) -> BTreeSet<&'static str> {
    let (own, library) = match language {
        Language::Rhai => (RHAI_WORDS, RHAI_FUNCTIONS),
        Language::Lua => (LUA_WORDS, LUA_GLOBALS),
    };
    own.split_whitespace().chain(library.split_whitespace()).chain(["step"]).collect()
}

/// Returns every name that the script itself defines, in any scope.
pub(super) fn declared(language: Language, tokens: &[Token]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (index, token) in tokens.iter().enumerate() {
        let rest = &tokens[index + 1..];
        match (language, &token.kind) {
            (Language::Rhai, TokenKind::Name(word)) => match word.as_str() {
                "let" | "const" | "as" => found.extend(list(rest, 1)),
                "fn" | "for" | "catch" => {
                    found.extend(list(rest, 1).into_iter().chain(parenthesized(rest)));
                }
                _ => {}
            },
            // Parameters of a closure. Names between other `|` operators are included, too, which
            // does no harm.
            (Language::Rhai, TokenKind::Sign("|")) => found.extend(list(rest, usize::MAX)),
            (Language::Lua, TokenKind::Name(word)) => match word.as_str() {
                "local" | "for" => found.extend(list(rest, usize::MAX)),
                "function" => found.extend(list(rest, 1).into_iter().chain(parenthesized(rest))),
                "goto" => found.extend(list(rest, 1)),
                name if rest.first().is_some_and(|next| next.is("=")) => {
                    found.insert(name.to_owned());
                }
                _ => {}
            },
            _ => {}
        }
    }
    found.retain(|name| !words(language).contains(name.as_str()));
    found
}

/// Reads names separated by commas (and by the attributes of Lua).
fn list(tokens: &[Token], most: usize) -> Vec<String> {
    let mut names = Vec::new();
    for token in tokens {
        match &token.kind {
            TokenKind::Name(name) if name == "function" => {}
            TokenKind::Name(name) if name == "in" => break,
            TokenKind::Name(name) => names.push(name.clone()),
            TokenKind::Sign("," | "<" | ">") => {}
            _ => break,
        }
        if names.len() >= most {
            break;
        }
    }
    names
}

/// Returns the names in the next pair of parentheses.
fn parenthesized(tokens: &[Token]) -> Vec<String> {
    let open = tokens.iter().take(4).position(|token| token.is("("));
    open.map(|open| list(&tokens[open + 1..], usize::MAX)).unwrap_or_default()
}

/// Finds names that are not defined.
pub(super) fn unknown(scan: &Scan<'_>) -> Vec<Finding> {
    let specs: Vec<&'static Spec> = PRIMITIVES.iter().map(|primitive| primitive.spec).collect();
    let words = words(scan.language);
    let params: Vec<&str> = scan.params.iter().map(|param| param.name.as_str()).collect();
    let mut reported = BTreeSet::new();
    let mut found = Vec::new();
    for (index, token) in scan.tokens.iter().enumerate() {
        let Some(name) = token.name() else { continue };
        let known = words.contains(name)
            || name == PARAMS
            || scan.declared.contains(name)
            || params.contains(&name)
            || specs.iter().any(|spec| spec.domain() == name);
        if known || !scan.stands_alone(index) || !reported.insert(name.to_owned()) {
            continue;
        }
        let called = scan.tokens.get(index + 1).is_some_and(|next| next.is("("));
        let what = if called && scan.language == Language::Rhai { "function" } else { "variable" };
        let variables = params.iter().copied().chain(scan.declared.iter().map(String::as_str));
        let title = format!("there is no {what} {name}");
        let help = suggest_name(name, scan.language, &specs, variables);
        found.push(scan.finding(title, scan.site(token.line)).help(help));
    }
    found
}

impl Scan<'_> {
    /// Returns whether a name is neither a part of another, nor a key, nor a module.
    fn stands_alone(&self, index: usize) -> bool {
        let before = index.checked_sub(1).map(|before| &self.tokens[before]);
        let after = self.tokens.get(index + 1);
        let before_is = |sign: &str| before.is_some_and(|token| token.is(sign));
        let after_is = |sign: &str| after.is_some_and(|token| token.is(sign));
        let part = before_is(".") || before_is("::") || before_is("?.");
        let part = part || (self.language == Language::Lua && before_is(":"));
        let key = match self.language {
            Language::Rhai => after_is(":") || after_is("::"),
            Language::Lua => after_is("=") || before_is("::"),
        };
        !part && !key
    }
}

/// Finds parameters that are hidden by other names: in Lua, modules and the standard library are
/// variables.
pub(super) fn shadowed_params(scan: &Scan<'_>) -> Vec<Finding> {
    let module = |name: &str| PRIMITIVES.iter().any(|primitive| primitive.spec.domain() == name);
    let taken = |name: &str| module(name) || words(scan.language).contains(name);
    let reached = |name: &str| {
        let mut places = scan.tokens.windows(3);
        places.any(|w| w[0].name() == Some(PARAMS) && w[1].is(".") && w[2].name() == Some(name))
    };
    let hidden = |param: &&ParamDecl| {
        let own = param.module.is_none();
        own && scan.language == Language::Lua && taken(&param.name) && !reached(&param.name)
    };
    let finding = |param: &ParamDecl| {
        let name = &param.name;
        let title = format!(
            "{name} is defined by Lua or gscript and is not the parameter \
            {name:?}"
        );
        let help = format!("write {PARAMS}.{name}");
        scan.finding(title, scan.site(param.line)).help(help)
    };
    scan.params.iter().filter(hidden).map(finding).collect()
}

/// Finds parameters that are never read.
pub(super) fn unused(scan: &Scan<'_>, front: &str) -> Vec<Finding> {
    let read = |name: &str| {
        scan.tokens.iter().any(|token| token.name() == Some(name))
            || front.contains(&format!("\"${name}\""))
            || scan.params.iter().any(|param| param.when.iter().any(|(other, _)| other == name))
    };
    // A module that is given all parameters reads those that it names.
    let given = scan.tokens.iter().any(|token| token.name() == Some(PARAMS));
    let module = |name: &str| {
        let read = format!(".{name}");
        given && scan.modules.iter().any(|module| module.text.contains(&read))
    };
    let own = scan.params.iter().filter(|param| param.module.is_none());
    let unused = own.filter(|param| !read(&param.name) && !module(&param.name));
    let finding = |param: &ParamDecl| {
        let title = format!("the parameter {:?} is never used", param.name);
        scan.finding(title, scan.site(param.line))
            .help("use it, or remove it from [params]".to_owned())
    };
    unused.map(finding).collect()
}
