//! The line editor: history without secrets, multi-line input, completion, colours.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use gscript::reference::complete::Candidates;
use gscript::script::{has_secret, is_open};
use gscript::types::{is_deceptive, printable};
use reedline::{
    Color, ColumnarMenu, DefaultHinter, EditCommand, Emacs, FileBackedHistory, History,
    HistoryItem, HistoryItemId, HistorySessionId, KeyCode, KeyModifiers, Keybindings, MenuBuilder,
    Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus, Reedline,
    ReedlineEvent, ReedlineMenu, Result, SearchQuery, ValidationResult, Validator, Vi,
    default_emacs_keybindings, default_vi_insert_keybindings, default_vi_normal_keybindings,
    default_vi_visual_keybindings,
};

use super::colour::{NoopHighlighter, SyntaxHighlighter};
use super::words::WordCompleter;
use crate::ask;
use crate::screen::style;

/// The maximum number of lines in the history.
const REMEMBERED: usize = 2000;
const MENU: &str = "words";

/// Returns an editor with the key bindings of Emacs or vi.
pub(super) fn editor(
    known: &Arc<Mutex<Candidates>>,
    history: Option<PathBuf>,
    vi: bool,
) -> Reedline {
    let colour = style().coloured();
    let menu = ColumnarMenu::default().with_name(MENU);
    let mut editor = Reedline::create()
        .with_ansi_colors(colour)
        .use_bracketed_paste(true)
        .with_break_signal(ask::new_termination_flag())
        .with_completer(Box::new(WordCompleter { known: Arc::clone(known) }))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .with_validator(Box::new(InputValidator { known: Arc::clone(known) }));
    if colour {
        let dim = Color::DarkGray.normal();
        editor = editor
            .with_highlighter(Box::new(SyntaxHighlighter))
            .with_hinter(Box::new(DefaultHinter::default().with_style(dim)));
    } else {
        editor = editor.with_highlighter(Box::new(NoopHighlighter));
    }
    let kept = history.and_then(|path| FileBackedHistory::with_file(REMEMBERED, path).ok());
    if let Some(kept) = kept {
        editor = editor.with_history(Box::new(FilteredHistory(kept)));
    }
    if vi {
        let (mut insert, normal) =
            (default_vi_insert_keybindings(), default_vi_normal_keybindings());
        bind(&mut insert);
        editor.with_edit_mode(Box::new(Vi::new(insert, normal, default_vi_visual_keybindings())))
    } else {
        let mut keys = default_emacs_keybindings();
        bind(&mut keys);
        editor.with_edit_mode(Box::new(Emacs::new(keys)))
    }
}

fn bind(keys: &mut Keybindings) {
    let complete = ReedlineEvent::UntilFound(vec![
        ReedlineEvent::Menu(MENU.to_owned()),
        ReedlineEvent::MenuNext,
    ]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
    let newline = ReedlineEvent::Edit(vec![EditCommand::InsertNewline]);
    keys.add_binding(KeyModifiers::ALT, KeyCode::Enter, newline);
}

/// A validator that continues the input on the next line while a bracket, block or string is open.
struct InputValidator {
    known: Arc<Mutex<Candidates>>,
}

impl Validator for InputValidator {
    fn validate(&self, line: &str) -> ValidationResult {
        let open = !line.starts_with(':')
            && self.known.lock().is_ok_and(|known| is_open(known.language, line));
        if open { ValidationResult::Incomplete } else { ValidationResult::Complete }
    }
}

/// A history without lines that contain a secret as a string: such calls are refused, but they must
/// not be saved to a file either. Lines with control characters are not found.
struct FilteredHistory(FileBackedHistory);

/// Returns whether a line must not be saved.
fn is_confidential(line: &str) -> bool {
    // An argument after the variable name is an error, but it may be the secret itself.
    let words = line.strip_prefix(":secret").map_or(0, |rest| rest.split_whitespace().count());
    words > 1 || has_secret(line)
}

/// Returns whether a line has no control or deceptive characters.
fn is_plain(line: &str) -> bool {
    line.chars().all(|c| c == '\n' || !is_deceptive(c))
}

impl History for FilteredHistory {
    fn save(&mut self, item: HistoryItem) -> Result<HistoryItem> {
        if is_confidential(&item.command_line) { Ok(item) } else { self.0.save(item) }
    }
    fn load(&self, id: HistoryItemId) -> Result<HistoryItem> {
        self.0.load(id)
    }
    fn count(&self, query: SearchQuery) -> Result<i64> {
        self.0.count(query)
    }
    fn search(&self, query: SearchQuery) -> Result<Vec<HistoryItem>> {
        let found = self.0.search(query)?;
        Ok(found.into_iter().filter(|item| is_plain(&item.command_line)).collect())
    }
    fn update(
        &mut self,
        id: HistoryItemId,
        updater: &dyn Fn(HistoryItem) -> HistoryItem,
    ) -> Result<()> {
        self.0.update(id, updater)
    }
    fn clear(&mut self) -> Result<()> {
        self.0.clear()
    }
    fn delete(&mut self, id: HistoryItemId) -> Result<()> {
        self.0.delete(id)
    }
    fn sync(&mut self) -> std::io::Result<()> {
        self.0.sync()
    }
    fn session(&self) -> Option<HistorySessionId> {
        self.0.session()
    }
}

/// The prompt of the line editor.
pub(super) struct ShellPrompt {
    pub(super) text: String,
}

impl Prompt for ShellPrompt {
    fn render_prompt_left(&self) -> std::borrow::Cow<'_, str> {
        printable(&self.text).into()
    }
    fn render_prompt_right(&self) -> std::borrow::Cow<'_, str> {
        "".into()
    }
    fn render_prompt_indicator(&self, _mode: PromptEditMode) -> std::borrow::Cow<'_, str> {
        "> ".into()
    }
    fn render_prompt_multiline_indicator(&self) -> std::borrow::Cow<'_, str> {
        "... ".into()
    }
    fn render_prompt_history_search_indicator(
        &self,
        search: PromptHistorySearch,
    ) -> std::borrow::Cow<'_, str> {
        let found = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing like ",
        };
        format!("(history: {found}{}) ", printable(&search.term)).into()
    }
}
