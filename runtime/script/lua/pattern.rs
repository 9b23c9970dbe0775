//! Lua patterns (Lua 5.4 reference manual, section 6.4.1). Lua's own matcher tries all possible
//! matches of a pattern within one instruction, which cannot be interrupted; this implementation
//! counts its steps.

use std::ops::Range;

const ESCAPE: u8 = b'%';
/// The maximum number of captures in a pattern (`LUA_MAXCAPTURES`).
const MOST_CAPTURES: usize = 32;
/// The maximum recursion depth of the matcher (`MAXCCALLS`).
const DEPTH: u32 = 200;
/// The number of steps after which they are charged.
const STEPS_PER_CHARGE: usize = 4096;

/// A match.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PatternMatch {
    pub(super) place: Range<usize>,
    pub(super) captures: Vec<Captured>,
}

/// The value of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Captured {
    Text(Range<usize>),
    Position(usize),
}

/// The reason why a search was stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Halt {
    Malformed(String),
    /// No more steps are allowed.
    Stopped,
}

/// The start of a search, and its restrictions.
pub(super) struct Search {
    pub(super) from: usize,
    /// Whether a match must begin at `from`.
    pub(super) anchored: bool,
    /// A position at which no match may end.
    pub(super) but: Option<usize>,
}

/// Charges for a number of steps; returns whether more steps are allowed.
pub(super) type Charge<'a> = &'a mut dyn FnMut(usize) -> bool;

type Fits = Result<Option<usize>, Halt>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Open,
    Position,
    Of(usize),
}

struct Matcher<'a> {
    text: &'a [u8],
    pattern: &'a [u8],
    depth: u32,
    captures: Vec<(usize, Length)>,
    steps: usize,
    charge: Charge<'a>,
}

/// Finds the first match of a pattern.
pub(super) fn seek(
    text: &[u8],
    pattern: &[u8],
    search: &Search,
    charge: Charge<'_>,
) -> Result<Option<PatternMatch>, Halt> {
    let mut start = search.from;
    let mut matcher =
        Matcher { text, pattern, depth: DEPTH, captures: Vec::new(), steps: 0, charge };
    loop {
        matcher.captures.clear();
        match matcher.fits(start, 0)? {
            Some(past) if search.but != Some(past) => {
                matcher.charge_steps()?;
                let captures = matcher.captured()?;
                return Ok(Some(PatternMatch { place: start..past, captures }));
            }
            _ if search.anchored || start >= text.len() => {
                matcher.charge_steps()?;
                return Ok(None);
            }
            _ => start += 1,
        }
    }
}

fn malformed<T>(why: &str) -> Result<T, Halt> {
    Err(Halt::Malformed(why.to_owned()))
}

impl Matcher<'_> {
    fn step(&mut self, count: usize) -> Result<(), Halt> {
        self.steps += count;
        if self.steps >= STEPS_PER_CHARGE { self.charge_steps() } else { Ok(()) }
    }

    fn charge_steps(&mut self) -> Result<(), Halt> {
        let steps = std::mem::take(&mut self.steps);
        if (self.charge)(steps) { Ok(()) } else { Err(Halt::Stopped) }
    }

    /// Returns the end of the match of the rest of the pattern, from `p` on, at `s`.
    fn fits(&mut self, s: usize, p: usize) -> Fits {
        if self.depth == 0 {
            return malformed("pattern too complex");
        }
        self.depth -= 1;
        let fits = self.fits_here(s, p);
        self.depth += 1;
        fits
    }

    fn fits_here(&mut self, mut s: usize, mut p: usize) -> Fits {
        loop {
            self.step(1)?;
            let Some(first) = self.pattern.get(p) else { return Ok(Some(s)) };
            match (*first, self.pattern.get(p + 1)) {
                (b'(', Some(b')')) => return self.open(s, p + 2, Length::Position),
                (b'(', _) => return self.open(s, p + 1, Length::Open),
                (b')', _) => return self.close(s, p + 1),
                (b'$', None) => return Ok((s == self.text.len()).then_some(s)),
                (ESCAPE, Some(b'b')) => match self.balanced(s, p + 2)? {
                    Some(past) => (s, p) = (past, p + 4),
                    None => return Ok(None),
                },
                (ESCAPE, Some(b'f')) => match self.frontier(s, p + 2)? {
                    Some(end) => p = end,
                    None => return Ok(None),
                },
                (ESCAPE, Some(digit)) if digit.is_ascii_digit() => {
                    match self.captured_before(s, *digit)? {
                        Some(past) => (s, p) = (past, p + 2),
                        None => return Ok(None),
                    }
                }
                _ => {
                    let end = self.item_end(p)?;
                    let once = self.single(s, p, end)?;
                    match (self.pattern.get(end), once) {
                        (Some(b'?'), true) => {
                            if let Some(past) = self.fits(s + 1, end + 1)? {
                                return Ok(Some(past));
                            }
                            p = end + 1;
                        }
                        (Some(b'?' | b'*' | b'-'), false) => p = end + 1,
                        (Some(b'+'), true) => return self.most(s + 1, p, end),
                        (Some(b'*'), true) => return self.most(s, p, end),
                        (Some(b'-'), true) => return self.least(s, p, end),
                        (_, true) => (s, p) = (s + 1, end),
                        (_, false) => return Ok(None),
                    }
                }
            }
        }
    }

    /// Returns the end of a single item of the pattern, without its suffix.
    fn item_end(&mut self, p: usize) -> Result<usize, Halt> {
        match self.pattern[p] {
            ESCAPE if p + 1 == self.pattern.len() => malformed("malformed pattern (ends with '%')"),
            ESCAPE => Ok(p + 2),
            b'[' => {
                let mut at = p + 1;
                if self.pattern.get(at) == Some(&b'^') {
                    at += 1;
                }
                loop {
                    let Some(byte) = self.pattern.get(at) else {
                        return malformed("malformed pattern (missing ']')");
                    };
                    at += if *byte == ESCAPE { 2 } else { 1 };
                    if self.pattern.get(at) == Some(&b']') {
                        self.step(at - p)?;
                        return Ok(at + 1);
                    }
                }
            }
            _ => Ok(p + 1),
        }
    }

    /// Returns whether the character at `s` matches a single item.
    fn single(&mut self, s: usize, p: usize, end: usize) -> Result<bool, Halt> {
        let Some(byte) = self.text.get(s) else { return Ok(false) };
        Ok(match self.pattern[p] {
            b'.' => true,
            ESCAPE => is_of_class(*byte, self.pattern[p + 1]),
            b'[' => {
                self.step(end - p)?;
                self.in_set(*byte, p, end - 1)
            }
            own => own == *byte,
        })
    }

    /// Returns whether a character is in the set from `[` at `p` to `]` at `last`.
    fn in_set(&self, byte: u8, p: usize, last: usize) -> bool {
        let set = &self.pattern[..last];
        let negated = set.get(p + 1) == Some(&b'^');
        let mut at = p + 1 + usize::from(negated);
        while let Some(first) = set.get(at) {
            let within = match (*first, set.get(at + 1), set.get(at + 2)) {
                (ESCAPE, class, _) => {
                    at += 2;
                    class.is_some_and(|class| is_of_class(byte, *class))
                }
                (low, Some(b'-'), Some(high)) => {
                    at += 3;
                    (low..=*high).contains(&byte)
                }
                (own, ..) => {
                    at += 1;
                    own == byte
                }
            };
            if within {
                return !negated;
            }
        }
        negated
    }

    /// Matches `%bxy`.
    fn balanced(&mut self, s: usize, p: usize) -> Fits {
        let (Some(open), Some(close)) = (self.pattern.get(p), self.pattern.get(p + 1)) else {
            return malformed("malformed pattern (missing arguments to '%b')");
        };
        if self.text.get(s) != Some(open) {
            return Ok(None);
        }
        let mut level = 1_usize;
        for (at, byte) in self.text.iter().enumerate().skip(s + 1) {
            if byte == close {
                level -= 1;
                if level == 0 {
                    self.step(at - s)?;
                    return Ok(Some(at + 1));
                }
            } else if byte == open {
                level += 1;
            }
        }
        self.step(self.text.len() - s)?;
        Ok(None)
    }

    /// Matches `%f[set]`; returns the position in the pattern after it.
    fn frontier(&mut self, s: usize, p: usize) -> Fits {
        if self.pattern.get(p) != Some(&b'[') {
            return malformed("missing '[' after '%f' in pattern");
        }
        let end = self.item_end(p)?;
        let before = s.checked_sub(1).map_or(0, |before| self.text[before]);
        let here = self.text.get(s).copied().unwrap_or(0);
        let fits = !self.in_set(before, p, end - 1) && self.in_set(here, p, end - 1);
        Ok(fits.then_some(end))
    }

    /// Matches `%1` … `%9`.
    fn captured_before(&mut self, s: usize, digit: u8) -> Fits {
        let index = usize::from(digit).checked_sub(usize::from(b'1'));
        let capture = index.and_then(|index| self.captures.get(index)).copied();
        let (start, length) = match capture {
            Some((start, Length::Of(length))) => (start, length),
            Some((_, Length::Position)) => return Ok(None),
            Some((_, Length::Open)) | None => {
                return malformed(&format!("invalid capture index %{}", char::from(digit)));
            }
        };
        self.step(length)?;
        let same = self.text[s..].starts_with(&self.text[start..start + length]);
        Ok(same.then_some(s + length))
    }

    /// Matches as many repetitions as possible, then fewer.
    fn most(&mut self, s: usize, p: usize, end: usize) -> Fits {
        let mut past = s;
        while self.single(past, p, end)? {
            self.step(1)?;
            past += 1;
        }
        loop {
            let fits = self.fits(past, end + 1)?;
            if fits.is_some() || past == s {
                return Ok(fits);
            }
            past -= 1;
        }
    }

    /// Matches as few repetitions as possible, then more.
    fn least(&mut self, mut s: usize, p: usize, end: usize) -> Fits {
        loop {
            let fits = self.fits(s, end + 1)?;
            if fits.is_some() || !self.single(s, p, end)? {
                return Ok(fits);
            }
            s += 1;
        }
    }

    fn open(&mut self, s: usize, p: usize, length: Length) -> Fits {
        if self.captures.len() >= MOST_CAPTURES {
            return malformed("too many captures");
        }
        self.captures.push((s, length));
        let fits = self.fits(s, p)?;
        if fits.is_none() {
            self.captures.pop();
        }
        Ok(fits)
    }

    fn close(&mut self, s: usize, p: usize) -> Fits {
        let open = self.captures.iter().rposition(|(_, length)| *length == Length::Open);
        let Some(index) = open else { return malformed("invalid pattern capture") };
        self.captures[index].1 = Length::Of(s - self.captures[index].0);
        let fits = self.fits(s, p)?;
        if fits.is_none() {
            self.captures[index].1 = Length::Open;
        }
        Ok(fits)
    }

    fn captured(&self) -> Result<Vec<Captured>, Halt> {
        let captures = self.captures.iter().map(|(start, length)| match length {
            Length::Of(length) => Ok(Captured::Text(*start..start + length)),
            Length::Position => Ok(Captured::Position(*start)),
            Length::Open => malformed("unfinished capture"),
        });
        captures.collect()
    }
}

/// Returns whether a character is in a class such as `%a`; an upper-case letter negates the class.
fn is_of_class(byte: u8, class: u8) -> bool {
    let is = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'g' => byte.is_ascii_graphic(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => byte == b' ' || (b'\t'..=b'\r').contains(&byte),
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        _ => return class == byte,
    };
    is != class.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, pattern: &str) -> Result<Option<PatternMatch>, Halt> {
        let search = Search { from: 0, anchored: false, but: None };
        seek(text.as_bytes(), pattern.as_bytes(), &search, &mut |_| true)
    }

    #[test]
    fn steps_are_charged() {
        let text = "a".repeat(30_000);
        let mut left = 100;
        let mut spend = |steps: usize| {
            left -= steps.div_ceil(STEPS_PER_CHARGE);
            left > 0
        };
        let search = Search { from: 0, anchored: false, but: None };
        let sought = seek(text.as_bytes(), b".-.-.-.-b", &search, &mut spend);
        assert_eq!(sought, Err(Halt::Stopped));
    }

    #[test]
    fn malformed_patterns_are_reported() {
        for (pattern, why) in [
            ("%", "malformed pattern (ends with '%')"),
            ("[a", "malformed pattern (missing ']')"),
            ("[%", "malformed pattern (missing ']')"),
            ("(a", "unfinished capture"),
            ("a)", "invalid pattern capture"),
            ("%b", "malformed pattern (missing arguments to '%b')"),
            ("%f", "missing '[' after '%f' in pattern"),
            ("%1", "invalid capture index %1"),
        ] {
            assert_eq!(at("a", pattern), malformed(why), "{pattern}");
        }
        assert_eq!(at(&"a".repeat(300), &"a?".repeat(300)), malformed("pattern too complex"));
    }
}
