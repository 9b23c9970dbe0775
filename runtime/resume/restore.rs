//! Making again what a reboot or a clean-up ended, before the script goes on.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Live, Names, Replay, live};
use crate::action::Effect;
use crate::approval::{Approval, Bound, Nobody};
use crate::error::Error;
use crate::event::{Listener, Site};
use crate::journal::{Journal, Record, Story};
use crate::machine::{Fact, Lifetime, Machine, Release, is_below};
use crate::registry::primitive;
use crate::reopen::calls_of;
use crate::session::{Failure, Gate, Session, Setup};
use crate::system::{Interrupts, Real};
use crate::types::{Map, Secret, Value};

/// What a resumed run knows of its past.
#[derive(Debug, Clone)]
pub struct Past {
    /// Its journal.
    pub story: Story,
    /// Where the devices are now.
    pub names: Names,
    /// Whether the recipe has another text.
    pub changed: bool,
}

/// The calls of a journal: primitive, arguments, place.
type Calls<'a> = BTreeMap<u64, (&'a str, &'a serde_json::Value, &'a Site)>;

impl Past {
    /// What was agreed to, before and in the middle of the run, with the names of now.
    pub fn approval(&self) -> Approval {
        let later = self.story.records.iter().filter_map(|record| match record {
            Record::Approved { effect } => Some(effect),
            _ => None,
        });
        let all = self.story.head().effects.iter().chain(later);
        Approval::of(all.map(|bound| self.names.data_now(bound)).collect())
    }

    /// The root of a shell: what was prepared to be entered and is still mounted, else what was
    /// mounted last and lies in nothing else that is mounted.
    pub fn root(&self) -> Option<String> {
        let live = live(&self.story.records);
        let mounted: Vec<&str> = live
            .iter()
            .flat_map(|one| &one.facts)
            .filter_map(|fact| match fact {
                Fact::Mounted { at, .. } => Some(at.as_str()),
                _ => None,
            })
            .collect();
        let calls = self.calls();
        let prepared = calls.values().filter(|(name, ..)| *name == "chroot.prepare");
        let mut prepared = prepared.filter_map(|(_, args, _)| args.get("root")?.as_str());
        let outermost = |at: &&&str| !mounted.iter().any(|o| o != *at && is_below(at, o));
        prepared
            .rfind(|root| mounted.contains(root))
            .or_else(|| mounted.iter().rev().find(outermost).copied())
            .map(str::to_owned)
    }

    fn calls(&self) -> Calls<'_> {
        let call = |record| match record {
            &Record::Begin { call, ref name, ref args, ref site, .. }
            | &Record::Already { call, ref name, ref args, ref site, .. } => {
                Some((call, (name.as_str(), args, site)))
            }
            _ => None,
        };
        self.story.records.iter().filter_map(call).collect()
    }
}

impl Session {
    /// Makes again what ended, takes over what is still so, and plays back the rest.
    pub(crate) fn restore(
        &mut self,
        past: &Past,
        variables: &Map,
    ) -> std::result::Result<(), Failure> {
        let replay = Replay::of(&past.story, past.names.clone(), past.changed);
        // These calls have their place in the journal already.
        let journal = self.journal.take();
        self.replay.names = past.names.clone();
        let secret = |name: &str| {
            variables.iter().find_map(|(known, value)| match value {
                Value::Secret(secret) if known == name => Some(secret.clone()),
                _ => None,
            })
        };
        let calls = past.calls();
        let ended = live(&past.story.records).into_iter().filter(|one| one.ended);
        let mut told = false;
        let mut result = Ok(());
        for one in ended {
            let facts = past.names.data_now(&one.facts);
            if self.all_so(&facts) {
                if one.ours {
                    self.adopt(&facts);
                }
                continue;
            }
            if !told {
                self.chapter("Open again what the run had open");
                told = true;
            }
            self.restoring = true;
            result = self.make_again(&one, &calls, &secret);
            self.restoring = false;
            if result.is_err() {
                break;
            }
        }
        self.calls = 0;
        self.journal = journal;
        self.replay = replay;
        result.and_then(|()| self.still_there(past))
    }

    fn all_so(&self, facts: &[Fact]) -> bool {
        let files = self.system.files();
        facts.iter().all(|fact| fact.holds(&self.machine, files) == Some(true))
    }

    fn make_again(
        &mut self,
        one: &Live,
        calls: &Calls<'_>,
        secret: &dyn Fn(&str) -> Option<Secret>,
    ) -> std::result::Result<(), Failure> {
        let Some((name, args, site)) = calls.get(&one.call) else { return Ok(()) };
        for again in calls_of(name, args, site, &one.facts, secret) {
            let Some(primitive) = primitive(&again.name) else { continue };
            self.call_by_name(primitive, again.site, again.args)?;
        }
        Ok(())
    }

    /// What the run wrote onto devices has to be there, as far as it can be seen; what was half
    /// done is looked at when its turn comes.
    fn still_there(&mut self, past: &Past) -> std::result::Result<(), Failure> {
        let open: Vec<String> = match past.story.interrupted() {
            Some(Record::Begin { makes, .. }) => makes.iter().filter_map(Fact::subject).collect(),
            _ => Vec::new(),
        };
        let lasting = crate::reopen::lasting(&past.story.records);
        let lost = lasting.iter().filter(|fact| !fact.subject().is_some_and(|s| open.contains(&s)));
        let lost = lost.map(|fact| past.names.data_now(fact)).find(|fact| self.is_lost(fact));
        let Some(fact) = lost else { return Ok(()) };
        let error: Error = Lost { fact: fact.to_string() }.into();
        Err(Failure {
            error: error.into(),
            site: None,
            call: None,
            step: None,
            traceback: Rc::default(),
        })
    }

    /// Whether a device holds something else by now; one that can't be seen is not lost.
    fn is_lost(&self, fact: &Fact) -> bool {
        debug_assert!(fact.lifetime() == Lifetime::Lasting);
        match fact {
            Fact::Holds { device, content } | Fact::Header { device, content, .. } => {
                self.machine.find(device).is_some_and(|found| {
                    found.content.as_ref().and_then(|content| content.uuid()) != content.uuid()
                })
            }
            Fact::Partitioned { disk, .. } => {
                self.machine.find(disk).is_some()
                    && fact.holds(&self.machine, self.system.files()) == Some(false)
            }
            _ => false,
        }
    }
}

/// Something else changed what the run had made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "since the run was cut off something else has changed the disks: it is no longer so that {fact}"
)]
struct Lost {
    fact: String,
}

impl crate::error::Rule for Lost {
    fn remedy(&self) -> Option<String> {
        Some("this run can't go on: give back what it left (gscript release), and run the recipe again".into())
    }

    fn exit(&self) -> crate::error::Exit {
        crate::error::Exit::Refused
    }
}

/// What a person gets to see and to do of a run that is not gone on with.
pub struct Hands {
    /// The machine.
    pub machine: Machine,
    /// Where steps are performed.
    pub real: Real,
    /// Who hears what happens.
    pub listener: Box<dyn Listener>,
    /// Ctrl-C.
    pub interrupts: Interrupts,
}

impl Hands {
    fn session(self, approval: Approval, journal: Option<Journal>, terminal: bool) -> Session {
        Session::new(Setup {
            system: Box::new(self.real),
            machine: self.machine,
            seed: [0; 32],
            gate: Gate::Enforce(approval, Box::new(Nobody)),
            listener: self.listener,
            interrupts: self.interrupts,
            journal,
            terminal,
        })
    }
}

/// Makes everything again, gives the person a shell in the root, and gives everything back.
///
/// Returns what went wrong, and whether nothing is left.
pub fn shell(
    past: &Past,
    variables: &Map,
    root: &str,
    hands: Hands,
    journal: Journal,
) -> (Option<Failure>, bool) {
    let mut approval = past.approval();
    let program = Effect::Runs { program: "a shell".into(), root: root.to_owned() };
    approval.extend(Bound { effect: program, target: None });
    let mut session = hands.session(approval, Some(journal), true);
    let result = session.restore(past, variables).and_then(|()| {
        // It is not a call of the recipe.
        let journal = session.journal.take();
        session.replay = Replay::default();
        let site = Site { file: "".into(), line: 0 };
        let args = vec![("root".to_owned(), Value::from(root))];
        let result = primitive("chroot.shell")
            .map_or(Ok(Value::Unit), |shell| session.call_by_name(shell, site, args));
        session.journal = journal;
        result.map(drop)
    });
    let clean = session.release_all();
    (result.err(), clean)
}

/// What a run made until the next reboot and is still so, in the order in which it is given back.
pub fn left(past: &Past, machine: &Machine) -> Vec<Release> {
    let mut due = Vec::new();
    for one in live(&past.story.records).iter().rev().filter(|one| one.ours) {
        for release in past.names.data_now(&one.facts).iter().rev().filter_map(Fact::release) {
            for release in crate::release::due(&release, machine) {
                if !due.contains(&release) {
                    due.push(release);
                }
            }
        }
    }
    due
}

/// Gives back everything that ends with a reboot and that a run made, newest first.
///
/// Returns whether nothing is left.
pub fn release_run(past: &Past, hands: Hands, journal: Option<Journal>) -> bool {
    let mut session = hands.session(Approval::default(), journal, false);
    session.replay.names = past.names.clone();
    for one in live(&past.story.records).iter().filter(|one| one.ours) {
        let facts = past.names.data_now(&one.facts);
        session.adopt(&facts);
    }
    session.release_all()
}
