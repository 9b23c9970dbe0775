//! Reads `make.conf` as Portage does: with Python's shlex and not with a shell, following `source`,
//! so that the value that takes effect is known (`portage.util.getconfig`, portage 3.0.83).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::shell;

/// The contents of a file that `make.conf` includes with `source`.
pub enum SourcedText {
    /// The contents.
    Known(String),
    /// The contents are not known, or must not be read.
    Unknown,
    /// There is no such file; Portage fails.
    Missing,
}

/// An assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfAssignment {
    /// The variable.
    pub name: String,
    /// The value without quotes, and without expansions.
    pub value: String,
    /// The index of the file that was given to [`ConfReading::of`].
    pub index: usize,
    /// The file; another one if it was included.
    pub file: PathBuf,
    /// The number of the line, starting at 1.
    pub line: usize,
}

/// The result of reading the files of `make.conf`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ConfReading {
    /// The assignments in their order: the last one of a variable takes effect.
    pub assignments: Vec<ConfAssignment>,
    /// Included files that could not be read: the index of the file, its path and line, and the
    /// included path.
    pub unread: Vec<(usize, PathBuf, usize, String)>,
    /// The first line that Portage cannot read.
    pub stopped: Option<(PathBuf, usize)>,
}

impl ConfReading {
    /// Reads files in this order. `open` returns the contents of included files.
    pub fn of<'a>(
        files: impl IntoIterator<Item = (&'a Path, &'a str)>,
        open: &dyn Fn(&Path) -> SourcedText,
    ) -> Self {
        let mut reading = Self::default();
        let mut values = HashMap::new();
        for (index, (path, text)) in files.into_iter().enumerate() {
            let mut lexer =
                Lexer { inputs: vec![Input::new(path, text)], open, index, included: 0 };
            if lexer.read(&mut reading, &mut values).is_err() && reading.stopped.is_none() {
                reading.stopped = lexer.inputs.last().map(|input| (input.path.clone(), input.line));
            }
        }
        reading
    }

    /// Returns the assignment of a variable that takes effect.
    pub fn last(&self, name: &str) -> Option<&ConfAssignment> {
        self.assignments.iter().rfind(|assignment| assignment.name == name)
    }
}

/// A file that is being read.
struct Input {
    path: PathBuf,
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Input {
    fn new(path: &Path, text: &str) -> Self {
        // Portage adds a missing newline.
        let chars = text.chars().chain((!text.ends_with('\n')).then_some('\n')).collect();
        Self { path: path.to_owned(), chars, at: 0, line: 1 }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied()?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn skip_line(&mut self) {
        while self.next().is_some_and(|c| c != '\n') {}
    }
}

/// The maximum number of included files, because a file may include itself.
const MOST_INCLUDED: usize = 64;

/// A place where Portage cannot read a file.
struct ShlexError;

/// A tokenizer that behaves like Python's `shlex` in POSIX mode.
struct Lexer<'a> {
    /// The file, and the included ones that are being read.
    inputs: Vec<Input>,
    open: &'a dyn Fn(&Path) -> SourcedText,
    index: usize,
    included: usize,
}

/// Returns whether a character belongs to a word that is not quoted.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "~!@#$%*_\\:;?,./-+{}".contains(c)
}

impl Lexer<'_> {
    /// Reads all assignments.
    fn read(
        &mut self,
        reading: &mut ConfReading,
        values: &mut HashMap<String, String>,
    ) -> Result<(), ShlexError> {
        loop {
            let mut name = self.token(reading, values)?;
            if name.as_deref() == Some("export") {
                name = self.token(reading, values)?;
            }
            let Some(name) = name else { return Ok(()) };
            let input = self.inputs.last().ok_or(ShlexError)?;
            let (file, line) = (input.path.clone(), input.line);
            let assigns = self.token(reading, values)?.as_deref() == Some("=");
            if !assigns || !shell::is_name(&name) {
                return Err(ShlexError);
            }
            let value = self.token(reading, values)?.ok_or(ShlexError)?;
            values.insert(name.clone(), expanded(&value, values));
            let index = self.index;
            reading.assignments.push(ConfAssignment { name, value, index, file, line });
        }
    }

    /// Returns the next token; `None` at the end.
    fn token(
        &mut self,
        reading: &mut ConfReading,
        values: &HashMap<String, String>,
    ) -> Result<Option<String>, ShlexError> {
        loop {
            match self.word()? {
                Some(word) if word == "source" => {
                    let name = expanded(&self.word()?.ok_or(ShlexError)?, values);
                    self.include(&name, reading)?;
                }
                None if self.inputs.len() > 1 => drop(self.inputs.pop()),
                word => return Ok(word),
            }
        }
    }

    fn include(&mut self, name: &str, reading: &mut ConfReading) -> Result<(), ShlexError> {
        let input = self.inputs.last().ok_or(ShlexError)?;
        // Relative paths are relative to the directory of the file.
        let path = input.path.parent().unwrap_or(Path::new("/")).join(name);
        self.included += 1;
        if self.included > MOST_INCLUDED {
            return Err(ShlexError);
        }
        match (self.open)(&path) {
            SourcedText::Known(text) => self.inputs.push(Input::new(&path, &text)),
            SourcedText::Missing => return Err(ShlexError),
            SourcedText::Unknown => {
                // The name may end at the end of its line.
                let line = input.line
                    - usize::from(input.chars.get(input.at.wrapping_sub(1)) == Some(&'\n'));
                let path = path.display().to_string();
                reading.unread.push((self.index, input.path.clone(), line, path));
            }
        }
        Ok(())
    }

    /// Returns the next word of the current file, without its quotes; `None` at the end.
    fn word(&mut self) -> Result<Option<String>, ShlexError> {
        let input = self.inputs.last_mut().ok_or(ShlexError)?;
        let (mut word, mut quoted, mut begun) = (String::new(), false, false);
        loop {
            let c = input.next();
            match c {
                Some(' ' | '\t' | '\r' | '\n') | None if begun => break,
                None => return Ok(None),
                Some(' ' | '\t' | '\r' | '\n') => {}
                Some('#') => {
                    input.skip_line();
                    if begun {
                        break;
                    }
                }
                Some('\\') => {
                    begun = true;
                    word.push(input.next().ok_or(ShlexError)?);
                }
                Some(quote @ ('"' | '\'')) => {
                    (begun, quoted) = (true, true);
                    quoted_part(input, quote, &mut word)?;
                }
                Some(c) if is_word(c) => {
                    begun = true;
                    word.push(c);
                }
                // Any other character is a word of its own.
                Some(_) if begun => {
                    input.at -= 1;
                    break;
                }
                Some(c) => return Ok(Some(c.into())),
            }
        }
        if word.is_empty() && !quoted { self.word() } else { Ok(Some(word)) }
    }
}

/// Reads up to the closing quote.
fn quoted_part(input: &mut Input, quote: char, word: &mut String) -> Result<(), ShlexError> {
    loop {
        match input.next().ok_or(ShlexError)? {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => {
                let c = input.next().ok_or(ShlexError)?;
                if !matches!(c, '"' | '\\') {
                    word.push('\\');
                }
                word.push(c);
            }
            c => word.push(c),
        }
    }
}

/// Replaces references to variables by their values.
fn expanded(text: &str, values: &HashMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let length = after.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let (name, tail) = braced.unwrap_or(after.split_at(length));
        out.push_str(values.get(name).map_or("", String::as_str));
        rest = tail;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)], included: &[(&str, &str)]) -> ConfReading {
        let open = |path: &Path| match included.iter().find(|(name, _)| Path::new(name) == path) {
            Some((_, "?")) => SourcedText::Unknown,
            Some((_, text)) => SourcedText::Known((*text).to_owned()),
            None => SourcedText::Missing,
        };
        ConfReading::of(files.iter().map(|(path, text)| (Path::new(*path), *text)), &open)
    }

    fn last(reading: &ConfReading, name: &str) -> String {
        let last = reading.last(name).expect("an assignment");
        format!("{} {}:{}", last.value, last.file.display(), last.line)
    }

    #[test]
    fn values_are_read_like_shlex() {
        let text = "# c\nA=\"x \\\"y\\\" # z\" B=2 export C='q\\'\nD=a#c\n  E=one\\ word\nF=\"two\nlines\"\nG=\"\"\nH=\"a\"'b'c";
        let reading = read(&[("/m", text)], &[]);
        let all: Vec<String> = reading
            .assignments
            .iter()
            .map(|a| format!("{}={}:{}", a.name, a.value, a.line))
            .collect();
        assert_eq!(
            all,
            [
                "A=x \"y\" # z:2",
                "B=2:2",
                "C=q\\:2",
                "D=a:3",
                "E=one word:4",
                "F=two\nlines:5",
                "G=:7",
                "H=abc:8"
            ]
        );
        assert_eq!(reading.stopped, None);
        for (bad, line) in
            [("A=1\nB+=2\nC=3\n", 2), ("A=$(x)\n", 1), ("A=\"1\n", 2), ("A=1\nsource /x\nB=1", 3)]
        {
            assert_eq!(read(&[("/m", bad)], &[]).stopped, Some(("/m".into(), line)), "{bad}");
        }
    }

    #[test]
    fn later_and_included_files_take_precedence() {
        let files = [
            ("/p/make.conf/10", "D=/etc\nA=1\nsource ${D}/a\nB=1\n"),
            ("/p/make.conf/20", "C=1\nsource b\n"),
        ];
        let included = [("/etc/a", "A=2\nB=2"), ("/p/make.conf/b", "C=\"2\"\n")];
        let reading = read(&files, &included);
        assert_eq!(last(&reading, "A"), "2 /etc/a:1");
        assert_eq!(last(&reading, "B"), "1 /p/make.conf/10:4");
        assert_eq!(last(&reading, "C"), "2 /p/make.conf/b:1");
        assert_eq!(reading.last("A").map(|a| a.index), Some(0));
        let reading = read(&[("/m", "A=1\nsource /u\nB=1\n")], &[("/u", "?")]);
        assert_eq!(reading.unread, [(0, "/m".into(), 2, "/u".to_owned())]);
        assert_eq!(last(&reading, "B"), "1 /m:3");
        assert!(read(&[("/m", "source /m\n")], &[("/m", "source /m\n")]).stopped.is_some());
    }
}
