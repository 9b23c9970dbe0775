//! Running a recipe step by step: every action is shown, and the user decides whether to run it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gscript::event::{Event, Listener};
use gscript::plan::approval::{Approver, Decision};
use gscript::plan::bound::BoundEffect;
use gscript::plan::call::PlannedCall;
use gscript::recipe::Chapter;

use crate::ask;
use crate::commands::approve::confirmed;
use crate::render;
use crate::screen::{Shown, print_stderr, style};

/// A request of the user between two actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// Open an interactive shell with the variables of the recipe.
    OpenShell,
    /// Edit the recipe.
    Edit,
    /// Undo the last action.
    Back,
    /// Clean up and quit; the run can be resumed.
    Quit,
}

/// How far the run proceeds without a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The next action.
    Next,
    /// The start of the chapter with this number.
    Chapter(usize),
}

/// The position in the recipe, shared by the prompts and the screen.
pub(crate) struct Steps {
    chapters: RefCell<Vec<Chapter>>,
    /// The number of the current chapter, from 1; 0 before the first.
    current: Cell<usize>,
    until: Cell<Until>,
    request: Cell<Option<Request>>,
}

impl Steps {
    pub(crate) fn new(chapters: Vec<Chapter>) -> Rc<Self> {
        Rc::new(Self {
            chapters: RefCell::new(chapters),
            current: Cell::new(0),
            until: Cell::new(Until::Next),
            request: Cell::new(None),
        })
    }

    /// Returns the request that stopped the run, if any, and clears it.
    pub(crate) fn take_request(&self) -> Option<Request> {
        self.request.take()
    }

    /// Replaces the list of chapters after the recipe was edited.
    pub(crate) fn changed(&self, chapters: Vec<Chapter>) {
        *self.chapters.borrow_mut() = chapters;
    }

    fn list(&self) {
        for (index, chapter) in self.chapters.borrow().iter().enumerate() {
            let sign = if index + 1 == self.current.get() { ">" } else { " " };
            print_stderr(&format!("{sign} {:>2}  {}", index + 1, chapter.title));
        }
    }
}

/// A listener that prints the prose of each chapter when it begins.
pub(crate) struct Prose(pub(crate) Rc<Steps>);

impl Listener for Prose {
    fn on_event(&mut self, event: &Event) {
        let Event::Chapter { title } = event else { return };
        let steps = &self.0;
        let chapters = steps.chapters.borrow();
        let Some(index) = chapters.iter().position(|chapter| chapter.title == *title) else {
            return;
        };
        steps.current.set(index + 1);
        print_stderr(&style().dim(&format!("chapter {} of {}", index + 1, chapters.len())));
        print_stderr(&style().recipe_output(&chapters[index].prose));
    }
}

/// An approver that prompts the user before every action.
pub(crate) struct Stepper(pub(crate) Rc<Steps>);

const HELP: &str = "\
  Enter, r  run it                      s    skip it
  c         the rest of this chapter    t N  continue to chapter N
  a         all the rest                l    list the chapters
  h         open a shell first         b    undo the last action
  e         edit the recipe first      q    clean up and quit; gscript resume --step continues";

impl Stepper {
    fn destroys(effects: &[BoundEffect]) -> bool {
        effects.iter().any(|bound| bound.effect.loses().is_some())
    }

    /// Asks for confirmation by name of data that is destroyed; other effects have been shown.
    fn run(effects: &[BoundEffect]) -> Option<Decision> {
        let mut lost = effects.iter().filter(|bound| bound.effect.loses().is_some());
        lost.all(confirmed).then_some(Decision::Run)
    }

    fn request(&self, request: Request) -> Decision {
        self.0.request.set(Some(request));
        Decision::Stop
    }

    /// Returns the decision on the action, or `None` if the answer was not a decision.
    fn answer(&self, answer: &str, effects: &[BoundEffect]) -> Option<Decision> {
        let steps = &self.0;
        let (key, rest) = answer.split_once(' ').unwrap_or((answer, ""));
        match key {
            "" | "r" => return Self::run(effects),
            "s" => return Some(Decision::Skip),
            "c" => steps.until.set(Until::Chapter(steps.current.get() + 1)),
            "a" => steps.until.set(Until::Chapter(usize::MAX)),
            "t" => match rest.trim().parse() {
                Ok(number) => steps.until.set(Until::Chapter(number)),
                Err(_) => {
                    print_stderr("missing chapter number; usage: t N");
                    steps.list();
                    return None;
                }
            },
            "h" => return Some(self.request(Request::OpenShell)),
            "b" => return Some(self.request(Request::Back)),
            "e" => return Some(self.request(Request::Edit)),
            "q" => return Some(self.request(Request::Quit)),
            "l" => {
                steps.list();
                return None;
            }
            _ => {
                print_stderr(&Shown::lines(HELP));
                return None;
            }
        }
        Self::run(effects)
    }
}

impl Approver for Stepper {
    fn ask(&mut self, _wanted: &BoundEffect) -> bool {
        // `see` has already shown the action with all its effects.
        false
    }

    fn reviews_every_action(&self) -> bool {
        true
    }

    fn decide(&mut self, call: &PlannedCall, effects: &[BoundEffect]) -> Decision {
        print_stderr("");
        print_stderr(&render::call(call, style()));
        let asked = match self.0.until.get() {
            Until::Next => true,
            Until::Chapter(number) => self.0.current.get() >= number || Self::destroys(effects),
        };
        if !asked {
            return Decision::Run;
        }
        self.0.until.set(Until::Next);
        loop {
            let Ok(answer) = ask::line("run/s/c/t/a/h/e/b/l/q/?") else {
                self.0.request.set(Some(Request::Quit));
                return Decision::Stop;
            };
            if let Some(go) = self.answer(answer.trim(), effects) {
                return go;
            }
        }
    }
}
