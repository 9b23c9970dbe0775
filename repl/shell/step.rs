//! Step by step: before every action a person sees it, and says what becomes of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gscript::event::{Event, Listener};
use gscript::plan::approval::{Consent, Go};
use gscript::plan::bound::Bound;
use gscript::plan::call::PlannedCall;
use gscript::recipe::Chapter;

use crate::ask;
use crate::commands::agree::confirmed;
use crate::render;
use crate::screen::{Shown, style, tell};

/// What a person wants to do between two actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// A session with the recipe's variables.
    Hand,
    /// Another text.
    Edit,
    /// Take back the last action.
    Back,
    /// The end, for now.
    Quit,
}

/// How far it goes without a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// Every action is asked for.
    Next,
    /// The chapter with this number.
    Chapter(usize),
}

/// Where a person is in the recipe, as the questions and the screen know it.
pub(crate) struct Steps {
    chapters: RefCell<Vec<Chapter>>,
    /// The chapter that runs, from 1; 0 before the first.
    current: Cell<usize>,
    until: Cell<Until>,
    wish: Cell<Option<Wish>>,
}

impl Steps {
    pub(crate) fn new(chapters: Vec<Chapter>) -> Rc<Self> {
        Rc::new(Self {
            chapters: RefCell::new(chapters),
            current: Cell::new(0),
            until: Cell::new(Until::Next),
            wish: Cell::new(None),
        })
    }

    /// What the person wanted when the run stopped, if that was why.
    pub(crate) fn take_wish(&self) -> Option<Wish> {
        self.wish.take()
    }

    /// The recipe has another text.
    pub(crate) fn changed(&self, chapters: Vec<Chapter>) {
        *self.chapters.borrow_mut() = chapters;
    }

    fn list(&self) {
        for (index, chapter) in self.chapters.borrow().iter().enumerate() {
            let sign = if index + 1 == self.current.get() { ">" } else { " " };
            tell(&format!("{sign} {:>2}  {}", index + 1, chapter.title));
        }
    }
}

/// Shows the prose of a chapter when it begins.
pub(crate) struct Prose(pub(crate) Rc<Steps>);

impl Listener for Prose {
    fn hear(&mut self, event: &Event) {
        let Event::Chapter { title } = event else { return };
        let steps = &self.0;
        let chapters = steps.chapters.borrow();
        let Some(index) = chapters.iter().position(|chapter| chapter.title == *title) else {
            return;
        };
        steps.current.set(index + 1);
        tell(&style().dim(&format!("chapter {} of {}", index + 1, chapters.len())));
        tell(&style().said(&chapters[index].prose));
    }
}

/// The person at the terminal.
pub(crate) struct Stepper(pub(crate) Rc<Steps>);

const HELP: &str = "\
  Enter, r  run it                      s    skip it
  c         the rest of this chapter    t N  continue to chapter N
  a         all the rest                l    list the chapters
  h         open a shell first         b    undo the last action
  e         edit the recipe first      q    clean up and quit; gscript resume --step continues";

impl Stepper {
    fn destroys(effects: &[Bound]) -> bool {
        effects.iter().any(|bound| bound.effect.loses().is_some())
    }

    /// Agreement by name to what is lost; the rest has been seen.
    fn run(effects: &[Bound]) -> Option<Go> {
        let mut lost = effects.iter().filter(|bound| bound.effect.loses().is_some());
        lost.all(confirmed).then_some(Go::On)
    }

    fn wish(&self, wish: Wish) -> Go {
        self.0.wish.set(Some(wish));
        Go::Stop
    }

    /// What becomes of the action; nothing where the answer was about something else.
    fn answer(&self, answer: &str, effects: &[Bound]) -> Option<Go> {
        let steps = &self.0;
        let (key, rest) = answer.split_once(' ').unwrap_or((answer, ""));
        match key {
            "" | "r" => return Self::run(effects),
            "s" => return Some(Go::Past),
            "c" => steps.until.set(Until::Chapter(steps.current.get() + 1)),
            "a" => steps.until.set(Until::Chapter(usize::MAX)),
            "t" => match rest.trim().parse() {
                Ok(number) => steps.until.set(Until::Chapter(number)),
                Err(_) => {
                    tell("missing chapter number; usage: t N");
                    steps.list();
                    return None;
                }
            },
            "h" => return Some(self.wish(Wish::Hand)),
            "b" => return Some(self.wish(Wish::Back)),
            "e" => return Some(self.wish(Wish::Edit)),
            "q" => return Some(self.wish(Wish::Quit)),
            "l" => {
                steps.list();
                return None;
            }
            _ => {
                tell(&Shown::lines(HELP));
                return None;
            }
        }
        Self::run(effects)
    }
}

impl Consent for Stepper {
    fn ask(&mut self, _wanted: &Bound) -> bool {
        // Every action is shown with all its effects first.
        false
    }

    fn wants_to_see(&self) -> bool {
        true
    }

    fn see(&mut self, call: &PlannedCall, effects: &[Bound]) -> Go {
        tell("");
        tell(&render::call(call, style()));
        let asked = match self.0.until.get() {
            Until::Next => true,
            Until::Chapter(number) => self.0.current.get() >= number || Self::destroys(effects),
        };
        if !asked {
            return Go::On;
        }
        self.0.until.set(Until::Next);
        loop {
            let Ok(answer) = ask::line("run/s/c/t/a/h/e/b/l/q/?") else {
                self.0.wish.set(Some(Wish::Quit));
                return Go::Stop;
            };
            if let Some(go) = self.answer(answer.trim(), effects) {
                return go;
            }
        }
    }
}
