//! Prompts for the user, on a terminal only.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use gscript::machine::Machine;
use gscript::recipe::{Answers, ParamDecl, ParamKind, Recipe};
use gscript::types::{Map, Secret, Size, Value, cut};
use reedline::{
    DefaultPrompt, DefaultPromptSegment, Emacs, Reedline, Signal, default_emacs_keybindings,
};

use crate::screen::{Show, Shown, Stream, canvas, is_terminal_stream, print_stderr, shown, style};
use crate::shell::NoopHighlighter;

/// Returns whether a user can be prompted: standard input and standard error are terminals.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && is_terminal_stream(&Stream::Error)
}

/// An error: the user ended the prompt.
pub(crate) struct PromptEnded;

/// Prompts for every parameter that has neither an answer nor a default, and for secrets.
pub(crate) fn parameters(
    recipe: &Recipe,
    machine: &Machine,
    answers: &mut Answers,
) -> Result<(), PromptEnded> {
    let mut known = Map::new();
    let mut heading_printed = false;
    for param in &recipe.front.params {
        if !param.applies(&known) {
            continue;
        }
        if !answers.has(&param.name) && param.default.is_none() {
            if !std::mem::replace(&mut heading_printed, true) {
                print_stderr(&style().bold(&format!("{} asks:", recipe.name)));
            }
            let value = match param.kind {
                ParamKind::Secret => secret(param)?,
                _ => value(param, machine)?,
            };
            answers.insert(&param.name, value);
        }
        if let Some(value) = answers.value(param, machine) {
            known.push((param.name.clone(), value));
        }
    }
    Ok(())
}

/// Returns the flag that is set when this process is asked to end; no prompt is shown after that.
/// The first call installs the signal handlers.
pub(crate) fn termination_flag() -> &'static Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    FLAG.get_or_init(new_termination_flag)
}

/// Returns the flag shared by the editors of all prompts: a signal handler is never unregistered.
fn editor_termination_flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    Arc::clone(FLAG.get_or_init(new_termination_flag))
}

/// Returns a new flag that SIGTERM and SIGHUP set. A line editor resets it when it has seen it.
pub(crate) fn new_termination_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        // If the handler cannot be installed, the next read fails anyway.
        let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
    }
    flag
}

/// Prompts for a line of text.
pub(crate) fn line(question: &(impl Show + ?Sized)) -> Result<String, PromptEnded> {
    if termination_flag().load(Ordering::Relaxed) {
        return Err(PromptEnded);
    }
    let keys = Box::new(Emacs::new(default_emacs_keybindings()));
    let mut editor = Reedline::create()
        .with_break_signal(editor_termination_flag())
        .with_edit_mode(keys)
        .with_highlighter(Box::new(NoopHighlighter));
    let question = DefaultPromptSegment::Basic(fit_on_one_row(question));
    let prompt = DefaultPrompt::new(question, DefaultPromptSegment::Empty);
    match editor.read_line(&prompt) {
        Ok(Signal::Success(text)) => Ok(text.trim().to_owned()),
        _ => Err(PromptEnded),
    }
}

/// Shortens a prompt to one row with space for the answer. Prints a longer prompt in full above it.
fn fit_on_one_row(question: &(impl Show + ?Sized)) -> String {
    const ANSWER: usize = 24;
    let question = shown![question];
    let row = cut(question.as_str(), canvas().width.saturating_sub(ANSWER));
    if row != question.as_str() {
        print_stderr(&question);
    }
    row
}

/// Reads a passphrase from the terminal without echo.
#[expect(clippy::disallowed_methods, reason = "the only function that reads passphrases")]
pub(crate) fn passphrase(question: &(impl Show + ?Sized)) -> Result<Vec<u8>, PromptEnded> {
    let question = fit_on_one_row(question);
    let typed = rpassword::prompt_password(format!("{question}: ")).map_err(|_| PromptEnded)?;
    Ok(typed.into_bytes())
}

/// One of several options, chosen by its key.
pub(crate) struct AskChoice<T> {
    key: char,
    text: String,
    below: Vec<String>,
    what: T,
}

impl<T> AskChoice<T> {
    pub(crate) fn new(key: char, text: impl Into<String>, what: T) -> Self {
        Self { key, text: text.into(), below: Vec::new(), what }
    }

    /// Adds lines shown below the option.
    pub(crate) fn below(self, below: Vec<String>) -> Self {
        Self { below, ..self }
    }
}

/// Prompts for one of several options.
pub(crate) fn choice<T: Copy>(question: &str, choices: &[AskChoice<T>]) -> Result<T, PromptEnded> {
    print_stderr(question);
    for AskChoice { key, text, below, .. } in choices {
        print_stderr(&format!("  {key}  {text}"));
        for line in below {
            print_stderr(&format!("     {line}"));
        }
    }
    let keys: Vec<String> = choices.iter().map(|choice| choice.key.to_string()).collect();
    loop {
        let answer = line(&keys.join("/"))?;
        if let Some(choice) = choices.iter().find(|choice| answer == choice.key.to_string()) {
            return Ok(choice.what);
        }
    }
}

/// Prompts for yes or no; an ended prompt is a no.
pub(crate) fn confirm(question: &str) -> bool {
    let answer = line(&format!("{question} (yes/no)")).unwrap_or_default();
    matches!(answer.as_str(), "y" | "yes")
}

/// Returns the prompt of a recipe parameter, behind a mark that separates it from gscript's own
/// prompts.
fn param_prompt(param: &ParamDecl) -> Shown {
    shown![style().said, " ", param.ask]
}

fn value(param: &ParamDecl, machine: &Machine) -> Result<Value, PromptEnded> {
    if matches!(param.kind, ParamKind::Disk | ParamKind::Disks | ParamKind::Device) {
        for disk in machine.disks() {
            let model = disk.hardware.model.as_deref().unwrap_or_default();
            let used = if machine.uses(&disk.path).is_empty() { "" } else { "  (in use)" };
            print_stderr(&format!("  {}  {}  {model}{used}", disk.path, Size::bytes(disk.size)));
        }
    }
    if !param.choices.is_empty() {
        print_stderr(&format!("  one of: {}", param.choices.join(", ")));
    }
    loop {
        let answer = Value::Text(line(&param_prompt(param))?);
        match param.read(&answer, machine) {
            Ok(value) => return Ok(value),
            Err(error) => print_stderr(&format!("  {error}")),
        }
    }
}

/// Prompts twice for a passphrase, without echo.
fn secret(param: &ParamDecl) -> Result<Value, PromptEnded> {
    loop {
        let read = |again: &str| passphrase(&shown![param_prompt(param), again]);
        let first = Secret::new(&param.name, read("")?);
        let second = Secret::new(&param.name, read(" (again)")?);
        match (first.is_empty(), first.expose() == second.expose()) {
            (true, _) => print_stderr("  the answer is empty"),
            (false, false) => print_stderr("  the two entries differ"),
            (false, true) => return Ok(Value::Secret(first)),
        }
    }
}
