//! The first real error in the build log of a package.
//!
//! What ends a build is rarely what broke it: make, ninja and the ebuild only pass the failure on.
//! The phase in which the ebuild died decides which lines count, because a line such as `error:` is
//! a result in one phase (configure tries what the compiler can do) and a cause in another.

mod kind;

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

pub use kind::BuildErrorKind;

/// An error in a build log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError {
    /// What broke the build.
    pub kind: BuildErrorKind,
    /// The phase of the ebuild, such as `compile`; empty if the log does not tell.
    pub phase: String,
    /// The number of the line, starting at 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// The line with those around it.
    pub context: Vec<String>,
}

/// A pattern for lines of one kind.
struct Pattern {
    kind: BuildErrorKind,
    /// The phases in which it counts; empty for all.
    phases: &'static [&'static str],
    regex: Regex,
}

use BuildErrorKind as Kind;

/// Causes that count wherever they are: what follows is a consequence.
const EVERYWHERE: &[(Kind, &[&str], &str)] = &[
    (Kind::Space, &[], r"No space left on device|Disk quota exceeded|\berrno[ =:]*28\b"),
    (
        Kind::Memory,
        &[],
        r"virtual memory exhausted|out of memory allocating|Cannot allocate memory",
    ),
    (
        Kind::Memory,
        &[],
        r"Killed signal terminated program|internal compiler error: Killed|\*\*\* \[[^\]]*\] Killed|memory allocation of \d+ bytes failed",
    ),
    (
        Kind::Memory,
        &[],
        r"\(signal: 9, SIGKILL|std::bad_alloc|LLVM ERROR: out of memory|fatal error: runtime: out of memory",
    ),
    (
        Kind::Memory,
        &[],
        r"JavaScript heap out of memory|OutOfMemoryError|^MemoryError\b|ld(\.\w+)?: .*memory exhausted",
    ),
];

const BUILDING: &[&str] = &["", "unpack", "prepare", "configure", "compile", "test", "install"];

/// Causes, by phase. The first line in the log counts.
const CAUSES: &[(Kind, &[&str], &str)] = &[
    (
        Kind::Checksum,
        &["unpack", "fetch", ""],
        r"VERIFY FAILED|[Ff]ilesize does not match|Failed on \w+ verification|checksum failed",
    ),
    (
        Kind::Fetch,
        &["unpack", "fetch", ""],
        r"Couldn't download|Fetch failed for|unable to resolve host address|Connection (refused|timed out)|ERROR 404|^curl: \(\d+\) ",
    ),
    (
        Kind::Checksum,
        &["unpack"],
        r"unexpected end of file|Unexpected EOF|not in gzip format|Compressed data is corrupt|crc error|This does not look like a tar archive|^xz: .*File format not recognized|End-of-central-directory signature not found",
    ),
    (
        Kind::Patch,
        &["prepare", "unpack", ""],
        r"Hunk #\d+ FAILED|^\s*\*? ?Failed Patch|patch does not apply|can't find file to patch|malformed patch|out of \d+ hunks? FAILED|Only garbage was found in the patch|^patch: \*\*\*\* |Reversed \(or previously applied\) patch detected",
    ),
    (Kind::Sandbox, &[], r"ACCESS DENIED|ACCESS VIOLATION SUMMARY"),
    (
        Kind::Collision,
        &["preinst", "install", ""],
        r"Detected file collision|file collision|would be overwritten",
    ),
    (
        Kind::Header,
        BUILDING,
        r":\d+: fatal error: \S+: No such file or directory|fatal error: '\S+' file not found",
    ),
    (
        Kind::Dependency,
        BUILDING,
        r"No package '[^']+' found|Package [`'][^']+', required by|Dependency lookup for .* failed|ERROR: Dependency .* not found|^ +Could NOT find \S+|Could not find a package configuration file",
    ),
    (
        Kind::Dependency,
        BUILDING,
        r"^(E\s+)?(ModuleNotFoundError|ImportError): |cannot find package |no required module provides package|can't find crate for|no matching package (named|found)|unresolved import|cannot find module |Cannot find module '|is not in (GOROOT|std)\b|go\.mod file not found|cannot find main module|Can't locate \S+\.pm",
    ),
    (
        Kind::Program,
        BUILDING,
        r"(^|[: ])command not found|: \d+: \S+: not found$|Program '?\S+'? not found or not executable|(^|/)env: .*No such file or directory|^g?make(\[\d+\])?: [^ *]+: No such file or directory$|required program .* not found|No such file or directory: '[\w.+-]+'$",
    ),
    (
        Kind::Configure,
        &["configure", "compile", "prepare", ""],
        r"configure: error: |config\.status: error: |^\S+\.(am|ac|in):\d+: error: |^(automake|aclocal|autoheader|libtoolize): error: |^CMake Error|^meson\.build:\d+:\d+: ERROR:|^\S*meson\.build:\d+:\d+: ERROR:|^error: unrecognized command line option|autoconf.*(failed|error)|possibly undefined macro|autoreconf.*failed",
    ),
    (
        Kind::Linker,
        BUILDING,
        r"undefined reference to|cannot find -l|multiple definition of|undefined symbol: |\bld(\.\w+)?: ?(error|cannot|\S+: (undefined|file format))|: file not recognized: |relocation .* can not be used|linking with `\S+` failed",
    ),
    (
        Kind::Compiler,
        &["", "compile", "install", "test"],
        r"^\S+?:\d+(:\d+)?: (fatal |internal compiler )?error\b|^\S+\(\d+\): error\b|^cc1\S*: some warnings being treated as errors|^(\S*-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|cc1\w*|lto1|as): (fatal )?error: |^error(\[E\d+\])?: |^\S+\.go:\d+:\d+: |^\S+:\d+: (syntax error|Error: )|^Error: |^\S+\.rb:\d+:.*(Error|error)|^syntax error at \S+ line \d|^(\S+:\d+|.\S+., line \d+): (bad character class|unrecognized rule)|panicked at ",
    ),
    (
        Kind::Compiler,
        BUILDING,
        r"^(Syntax|Indentation|Type|Name|Attribute|Value|Key|OS|FileNotFound|Assertion|Runtime|NotImplemented)Error\b",
    ),
    (
        Kind::Compiler,
        &["compile", "install", ""],
        r"No rule to make target|^make(\[\d+\])?: \*\*\* .*(missing separator|[Nn]o targets|No such file)|^Makefile:\d+: \*\*\* |ninja: error: |^g?make: [^*]*: Permission denied",
    ),
    (
        Kind::Compiler,
        &["install", ""],
        r"^(install|cp|mv|ln|chmod|chown|mkdir): .*(No such file|cannot|missing|failed|Permission denied)|^!!! \S+: .* does not exist|: cannot stat ",
    ),
    (
        Kind::Compiler,
        &["prepare", "unpack"],
        r"^(sed|cp|mv|rm|cd|chmod|tar|unzip): |: (cd|pushd): |cannot access|: cannot stat ",
    ),
];

/// Failed tests: only the phase of the tests, where they take precedence over other lines.
const TESTS: &[(Kind, &[&str], &str)] = &[(
    Kind::Test,
    &["test"],
    r"^(FAIL|FAILED|ERROR|XPASS|not ok)\b[: ]|^E\s{2,}\S|\d+ (tests?|cases?) (failed|FAILED)|\bFAILED\b|^--- FAIL: |panicked at |Assertion .* failed|test result: FAILED|^\s*\d+/\d+ .*(\b(FAIL|ERROR|TIMEOUT)\b|\*\*\*)",
)];

/// Lines that only pass a failure on; better than nothing.
const CONSEQUENCES: &[(Kind, &[&str], &str)] = &[(
    Kind::Compiler,
    &[],
    r"^(g?make|ninja)(\[\d+\])?: \*\*\* |^FAILED: |collect2: error|returned (non-zero exit|\d+ exit) status|subcommand failed|(^|\s)error: |\bError \d+$|(?-i:\bERROR\b)[^:]*$",
)];

/// Lines that only announce or pass on a failure, although they look like one: the cause is in
/// another line.
const ANNOUNCED: &str = r"configure: error: in [`']|failed to run custom build command|^error: could not compile |^autoreconf: error: ";

static ANNOUNCEMENTS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(ANNOUNCED).ok());

fn patterns(table: &[(Kind, &'static [&'static str], &str)]) -> Vec<Pattern> {
    let compiled = table.iter().filter_map(|(kind, phases, regex)| {
        let regex = RegexBuilder::new(regex).build().ok()?;
        Some(Pattern { kind: *kind, phases, regex })
    });
    compiled.collect()
}

static TABLES: LazyLock<[Vec<Pattern>; 4]> =
    LazyLock::new(|| [EVERYWHERE, TESTS, CAUSES, CONSEQUENCES].map(patterns));

/// What Portage begins its own messages with.
const FRAME: [char; 3] = [' ', '*', '\t'];

/// How many lines are returned before and after the error.
const AROUND: (usize, usize) = (6, 2);

/// Returns the first error in a build log; `None` if no line looks like one.
pub fn first_error(log: &str) -> Option<BuildError> {
    let plain = without_escapes(log);
    let lines: Vec<&str> = plain.lines().collect();
    let died = lines.iter().rposition(|line| died_in(line).is_some());
    let phase = died.and_then(|at| died_in(lines[at])).unwrap_or_default();
    let end = died.unwrap_or(lines.len());
    let matching = |table: &Vec<Pattern>| {
        let counts: Vec<&Pattern> = table
            .iter()
            .filter(|pattern| pattern.phases.is_empty() || pattern.phases.contains(&phase))
            .collect();
        lines[..end].iter().enumerate().find_map(|(index, line)| {
            let pattern = counts.iter().find(|pattern| pattern.regex.is_match(line))?;
            let is_announced = ANNOUNCEMENTS.as_ref().is_some_and(|lines| lines.is_match(line));
            (!is_announced).then_some((pattern.kind, index))
        })
    };
    let message = || {
        let at = died? + 1;
        let text = lines.get(at)?.trim_matches([' ', '*']);
        (!text.is_empty() && text != "(no error message)").then_some((Kind::Ebuild, at))
    };
    let announced = || {
        let is_one = |line: &&str| ANNOUNCEMENTS.as_ref().is_some_and(|known| known.is_match(line));
        Some((Kind::Compiler, lines[..end].iter().position(is_one)?))
    };
    let found = TABLES.iter().find_map(matching).or_else(announced).or_else(message);
    let (kind, index) = found?;
    let (kind, index) = explained(&lines, kind, index);
    let (from, to) = (index.saturating_sub(AROUND.0), (index + AROUND.1 + 1).min(lines.len()));
    Some(BuildError {
        kind,
        phase: match (phase, kind) {
            // Portage itself does both, and names no phase.
            ("", Kind::Fetch) => "fetch".to_owned(),
            ("", Kind::Collision) => "merge".to_owned(),
            _ => phase.to_owned(),
        },
        line: index + 1,
        text: lines[index].trim_start_matches(FRAME).trim_end().to_owned(),
        context: lines[from..to].iter().map(|line| (*line).to_owned()).collect(),
    })
}

/// Returns the phase in ` * ERROR: app-misc/x-1::gentoo failed (compile phase):`.
fn died_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("* ERROR: ")?;
    let (_, rest) = rest.split_once(" failed")?;
    Some(
        rest.split_once('(').and_then(|(_, rest)| rest.split_once(" phase)")).map_or("", |at| at.0),
    )
}

/// Returns the line with the first file of a collision, or with the message of CMake, which follows the
/// place as a paragraph, and the kind.
fn explained(lines: &[&str], kind: Kind, index: usize) -> (Kind, usize) {
    if kind == Kind::Collision {
        // The files follow the announcement.
        let mut lines = lines[index..].iter();
        let file = lines.position(|line| line.trim_start_matches(FRAME).starts_with('/'));
        return (kind, index + file.unwrap_or(0));
    }
    if !lines[index].starts_with("CMake Error at ") {
        return (kind, index);
    }
    let paragraphs = lines[index + 1..].iter().take_while(|line| {
        // The next message, or the stack of calls.
        line.is_empty() || line.starts_with(' ')
    });
    let text = paragraphs.clone().fold(String::new(), |text, line| text + line.trim() + " ");
    let is_missing = ["package configuration file", "Could NOT find", "packages were not found"]
        .iter()
        .any(|message| text.contains(message));
    let first = paragraphs.take_while(|line| !line.starts_with("Call Stack"));
    let first = first.into_iter().position(|line| !line.is_empty());
    let kind = if is_missing { Kind::Dependency } else { kind };
    (kind, first.map_or(index, |offset| index + 1 + offset))
}

/// Returns whether the ebuild of a log died.
pub fn has_failed(log: &str) -> bool {
    log.lines().any(|line| line.contains("ERROR: ") && died_in(&without_escapes(line)).is_some())
}

/// Returns the number of jobs in the last command of make or ninja that a log shows: `make -j4`.
pub fn jobs(log: &str) -> Option<u32> {
    let jobs = |line: &str| {
        let mut words = line.split_whitespace();
        let program = words.next()?.rsplit('/').next()?;
        ["make", "gmake", "ninja", "samu"].contains(&program).then_some(())?;
        words.find_map(|word| word.strip_prefix("-j")?.parse().ok())
    };
    log.lines().rev().find_map(jobs)
}

/// Removes escape sequences for colors and titles, and carriage returns.
pub fn without_escapes(log: &str) -> String {
    static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new("\x1b\\[[0-9;?]*[A-Za-z]|\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)|\r").ok()
    });
    match &*ESCAPES {
        Some(escapes) => escapes.replace_all(log, "").into_owned(),
        None => log.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_and_line(log: &str) -> Option<(BuildErrorKind, usize)> {
        first_error(log).map(|error| (error.kind, error.line))
    }

    #[test]
    fn the_number_of_jobs_is_that_of_the_last_command() {
        let log = "make -j9 -l8 clean\nmake: *** [Makefile:2: a] Killed\n/usr/bin/ninja -v -j4 -l0 all\nmake[1]: -j2\n";
        assert_eq!(jobs(log), Some(4));
        assert_eq!(jobs("makes -j3\nmake all\nmake -jx\n"), None);
    }

    #[test]
    fn all_patterns_are_valid() {
        let tables = [EVERYWHERE, TESTS, CAUSES, CONSEQUENCES];
        for (table, compiled) in tables.iter().zip(&*TABLES) {
            assert_eq!(table.len(), compiled.len());
        }
    }

    #[test]
    fn the_cause_comes_before_its_consequences() {
        let log = "\
gcc -c a.c
a.c:1:10: fatal error: missing.h: No such file or directory
compilation terminated.
make: *** [Makefile:2: a.o] Error 1
 * ERROR: app-misc/x-1::gentoo failed (compile phase):
 *   emake failed
";
        assert_eq!(kind_and_line(log), Some((BuildErrorKind::Header, 2)));
        let full = "x.c:3:1: error: unknown\n/tmp/cc.s: fatal error: can't write: No space left on device\n * ERROR: a/x-1::gentoo failed (compile phase):\n";
        assert_eq!(kind_and_line(full), Some((BuildErrorKind::Space, 2)));
        let tested = "test.c:9:1: error: expected in this test\nFAIL: check-one\n * ERROR: a/x-1::gentoo failed (test phase):\n";
        assert_eq!(kind_and_line(tested), Some((BuildErrorKind::Test, 2)));
    }

    #[test]
    fn failures_of_portage_itself_have_a_phase() {
        let log = " * Detected file collision(s):\n * \n * \t/opt/shared\n * \n * a/owner-1:0\n";
        let error = first_error(log).expect("an error");
        assert_eq!((error.kind, error.line), (BuildErrorKind::Collision, 3));
        assert_eq!((error.phase.as_str(), error.text.as_str()), ("merge", "/opt/shared"));
        let fetch = first_error("!!! Couldn't download 'x.tar'. Aborting.\n").expect("an error");
        assert_eq!((fetch.kind, fetch.phase.as_str()), (BuildErrorKind::Fetch, "fetch"));
    }

    #[test]
    fn the_paragraph_after_an_announcement_counts() {
        let cmake = "CMake Error at CMakeLists.txt:3 (find_package):\n  Could NOT find Foo (missing: FOO_LIBRARY)\n\n * ERROR: a/x-1::gentoo failed (configure phase):\n";
        assert_eq!(kind_and_line(cmake), Some((BuildErrorKind::Dependency, 2)));
        let autoconf = "configure: error: in `/tmp/x':\nconfigure: error: C compiler cannot create executables\n * ERROR: a/x-1::gentoo failed (configure phase):\n";
        assert_eq!(kind_and_line(autoconf), Some((BuildErrorKind::Configure, 2)));
        let cargo = "error: failed to run custom build command for `x v1.0.0`\n\n  thread 'main' panicked at build.rs:1:1:\n * ERROR: a/x-1::gentoo failed (compile phase):\n";
        assert_eq!(kind_and_line(cargo), Some((BuildErrorKind::Compiler, 3)));
        let killed =
            "make: *** [Makefile:2: all] Killed\n * ERROR: a/x-1::gentoo failed (compile phase):\n";
        assert_eq!(kind_and_line(killed), Some((BuildErrorKind::Memory, 1)));
    }

    #[test]
    fn a_result_of_configure_is_not_an_error() {
        let log = "\
checking for foo.h... no
conftest.c:1:1: error: tried
configure: error: libfoo is required
 * ERROR: a/x-1::gentoo failed (configure phase):
 *   econf failed
";
        assert_eq!(kind_and_line(log), Some((BuildErrorKind::Configure, 3)));
        assert_eq!(first_error(log).map(|error| error.phase).as_deref(), Some("configure"));
        let only = " * ERROR: a/x-1::gentoo failed (prepare phase):\n *   it is made so\n";
        assert_eq!(kind_and_line(only), Some((BuildErrorKind::Ebuild, 2)));
        assert_eq!(first_error(only).map(|error| error.text).as_deref(), Some("it is made so"));
        assert_eq!(first_error("all is well\n"), None);
    }
}
