//! Results of a script of the lab, in the Test Anything Protocol as written by `lib/cases.sh`.

/// The results of the cases of a script, in order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Name, and the reason for a failure.
    pub cases: Vec<(String, Result<(), String>)>,
    /// Whether the plan line at the end matches the number of passed cases, that is, the script
    /// reached its end.
    pub complete: bool,
}

impl Results {
    /// Parses the results. A failure has indented lines below it, between `---` and `...`.
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

    /// Returns the result of one case.
    pub fn of(&self, name: &str) -> Option<&Result<(), String>> {
        // A case that failed in a subshell may be reported as passed afterwards.
        let mut said = self.cases.iter().filter(|(case, _)| case == name).map(|(_, said)| said);
        let first = said.next();
        said.find(|said| said.is_err()).or(first)
    }

    /// Returns the first failure.
    pub fn failure(&self) -> Option<(&str, &str)> {
        self.cases
            .iter()
            .find_map(|(name, said)| Some((name.as_str(), said.as_ref().err()?.as_str())))
    }
}
