//! Results of a script of the lab, in the Test Anything Protocol as `lib/cases.sh` writes it.

/// What a script said of its cases, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Name, and why it failed.
    pub cases: Vec<(String, Result<(), String>)>,
    /// Whether the plan at the end counts the cases that passed: the script came to its end.
    pub complete: bool,
}

impl Results {
    /// Reads them. A failure has indented lines below it, between `---` and `...`.
    pub fn parse(text: &str) -> Self {
        let mut results = Self::default();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if let Some(name) = line.strip_prefix("ok - ") {
                let name = name.split(" # ").next().unwrap_or(name);
                results.cases.push((name.to_owned(), Ok(())));
            } else if let Some(name) = line.strip_prefix("not ok - ") {
                let mut why = String::new();
                while let Some(line) = lines.next_if(|line| line.starts_with("  ")) {
                    if !matches!(line.trim(), "---" | "...") {
                        why.push_str(line);
                        why.push('\n');
                    }
                }
                results.cases.push((name.to_owned(), Err(why)));
            } else if let Some(count) = line.strip_prefix("1..") {
                let passed = results.cases.iter().filter(|(_, result)| result.is_ok()).count();
                results.complete = count.parse() == Ok(passed);
            }
        }
        results
    }

    /// What is said of one case.
    pub fn of(&self, name: &str) -> Option<&Result<(), String>> {
        // One that failed in a subshell may be said to have passed afterwards.
        let mut said = self.cases.iter().filter(|(case, _)| case == name).map(|(_, said)| said);
        let first = said.next();
        said.find(|said| said.is_err()).or(first)
    }

    /// The first failure.
    pub fn failure(&self) -> Option<(&str, &str)> {
        self.cases
            .iter()
            .find_map(|(name, said)| Some((name.as_str(), said.as_ref().err()?.as_str())))
    }
}
