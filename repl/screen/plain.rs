//! Lines for files, pipes and serial consoles.

use gscript::event::{Event, Listener};

use super::{elapsed, style, tell};

/// Prints a line per action on standard error.
#[derive(Default)]
pub(super) struct Plain {
    /// What the running action is called.
    title: String,
    /// How many tenths of a long step were told.
    told: u64,
}

impl Listener for Plain {
    fn hear(&mut self, event: &Event) {
        if let Event::Began { name, about, .. } = event {
            format!("{name} {about}").trim_end().clone_into(&mut self.title);
            self.told = 0;
        }
        if let Event::Progress { done, total: Some(total), .. } = event {
            let tenths = done * 10 / (*total).max(1);
            if tenths > self.told {
                self.told = tenths;
                tell(&format!("  … {}: {} %", self.title, tenths * 10));
            }
        }
        for line in lines(event, &self.title) {
            tell(&line);
        }
    }
}

/// The lines that an event leaves on any screen.
pub(super) fn lines(event: &Event, title: &str) -> Vec<String> {
    let s = style();
    let note = |sign: &str, text: &str| vec![format!("  {sign} {text}")];
    match event {
        Event::Chapter { title } => vec![String::new(), s.bold(title)],
        Event::Done { millis, already: None, .. } => {
            let time = s.dim(&elapsed(*millis));
            note(&s.green(s.done), &format!("{title}  {time}"))
        }
        Event::Done { already: Some(why), .. } => {
            note(&s.dim(s.same), &s.dim(&format!("{title}  already so: {why}")))
        }
        Event::Failed { millis, .. } => {
            let time = s.dim(&elapsed(*millis));
            note(&s.red(s.failed), &format!("{title}  failed after {time}"))
        }
        Event::Skipped { .. } => {
            note(&s.yellow(s.warning), &s.yellow(&format!("{title}  left out")))
        }
        Event::Warning { text } => note(&s.yellow(s.warning), &s.yellow(text)),
        Event::Said { text } => text.lines().map(|line| format!("  {line}")).collect(),
        Event::Released { text, error: None } => note(&s.dim(s.same), &s.dim(text)),
        Event::Released { text, error: Some(error) } => {
            note(&s.red(s.failed), &format!("{text}: {error}"))
        }
        Event::Layout { text } => {
            std::iter::once(String::new()).chain(text.lines().map(|l| format!("  {l}"))).collect()
        }
        Event::Ended { ok: true, changed, already, millis } => {
            let same = if *already > 0 { format!(", {already} already so") } else { String::new() };
            let time = elapsed(*millis);
            let actions = if *changed == 1 { "action" } else { "actions" };
            vec![String::new(), s.bold(&format!("Done: {changed} {actions}{same}, {time}"))]
        }
        Event::Ended { ok: false, .. }
        | Event::Began { .. }
        | Event::Step { .. }
        | Event::Line { .. }
        | Event::Progress { .. }
        | Event::Terminal { .. } => Vec::new(),
    }
}
