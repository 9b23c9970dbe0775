//! Making again what a reboot or a clean-up ended, before the script goes on.

use std::collections::BTreeMap;

use super::{Live, Names, Replay, live};
use crate::error::Error;
use crate::event::{Listener, Site};
use crate::failure::Failure;
use crate::journal::{Journal, Record, Story};
use crate::machine::{Fact, Machine, Release, StorageFact, is_below, makes_again};
use crate::operation::spec::Given;
use crate::plan::Tracing;
use crate::plan::approval::{Approval, Nobody};
use crate::plan::call::{PlannedCall, TakeBack};
use crate::primitives::registry::{Primitive, Read, primitive};
use crate::run::call::about;
use crate::run::reopen::calls_of;
use crate::run::session::{Gate, Session, Setup};
use crate::system::{Interrupts, Real};
use crate::types::{Map, Value};

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
    /// The root of a shell: what was prepared to be entered and is still mounted, else what was
    /// mounted last and lies in nothing else that is mounted.
    pub fn root(&self) -> Option<String> {
        let live = live(&self.story.records);
        let mounted: Vec<&str> = live
            .iter()
            .flat_map(|one| &one.facts)
            .filter_map(|fact| match fact {
                Fact::Storage(StorageFact::Mounted { at, .. }) => Some(at.as_str()),
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

impl Past {
    /// What the journal has of the run's calls.
    pub(super) fn replay(&self) -> Replay {
        Replay::of(&self.story, self.names.clone(), self.changed)
    }

    /// What the run made until the next reboot, in its order.
    pub(super) fn ended(&self) -> impl Iterator<Item = Live> {
        live(&self.story.records).into_iter().filter(|one| one.ended)
    }
}

/// What came of restoring.
pub(crate) struct Restored {
    /// What the run had made and was still so.
    pub(crate) kept: Vec<Fact>,
    /// What has become of its files.
    pub(crate) remarks: Vec<String>,
    /// Whether everything is open again, and as the run left it.
    pub(crate) result: std::result::Result<(), Failure>,
}

impl Session {
    /// Makes again what ended, and gets ready to play back the rest.
    pub(crate) fn restore(&mut self, past: &Past, variables: &Map) -> Restored {
        // These calls have their place in the journal already.
        let journal = self.journal.take();
        self.replay.names = past.names.clone();
        let mut kept = Vec::new();
        let mut told = false;
        let mut result = Ok(());
        for one in past.ended() {
            let facts = past.names.data_now(&one.facts);
            if self.all_so(&facts) {
                if one.ours {
                    self.adopt(&facts);
                    kept.extend(facts);
                }
                continue;
            }
            if !told {
                self.chapter(RESTORING);
                told = true;
            }
            result = self.make_again(&one, past, variables);
            if result.is_err() {
                break;
            }
        }
        self.calls = 0;
        self.journal = journal;
        self.replay = past.replay();
        let result = result.and_then(|()| self.still_there(past));
        let remarks = match result {
            Ok(()) => self.look_for_files(past),
            Err(_) => Vec::new(),
        };
        Restored { kept, remarks, result }
    }

    pub(super) fn all_so(&self, facts: &[Fact]) -> bool {
        let files = self.system.files();
        facts.iter().all(|fact| fact.holds(&self.machine, files) == Some(true))
    }

    /// Makes again what ended of the work of one call. Arguments are the journal's, so only calls that open
    /// or mount something are made.
    pub(super) fn make_again(
        &mut self,
        one: &Live,
        past: &Past,
        variables: &Map,
    ) -> std::result::Result<(), Failure> {
        let secret = |name: &str| {
            variables.iter().find_map(|(known, value)| match value {
                Value::Secret(secret) if known == name => Some(secret.clone()),
                _ => None,
            })
        };
        let calls = past.calls();
        let Some((name, args, site)) = calls.get(&one.call) else { return Ok(()) };
        for again in calls_of(name, args, site, &one.facts, &secret) {
            // A journal is input: it must not bring along any other calls.
            let known = makes_again(&again.name);
            let Some(primitive) = primitive(&again.name).filter(|_| known) else {
                let error = NotRestored { call: one.call, name: again.name };
                return Err(Failure::of(error));
            };
            let args = again.args.clone();
            match self.call_by_name(primitive, again.site.clone(), again.args) {
                Err(failure) if self.planning() && !matches!(*failure.error, Error::Call(_)) => {
                    self.forget_failure();
                    self.plan_unopened(primitive, again.site, &args, &failure.error)?;
                    for fact in past.names.data_now(&one.facts) {
                        // It may lie on what can't be seen either.
                        let _ = self.machine.learn(&fact);
                    }
                }
                result => drop(result?),
            }
        }
        Ok(())
    }

    /// Notes what can't be planned before what it lies on is open: its effects are known all the same.
    fn plan_unopened(
        &mut self,
        primitive: &'static Primitive,
        site: Site,
        args: &Map,
        why: &Error,
    ) -> std::result::Result<(), Failure> {
        let Read::Action(read) = primitive.read else { return Ok(()) };
        let args = self.replay.names.args_now(args);
        let action = Given::by_name(primitive.spec.params, args).and_then(read);
        let action = action.map_err(|error| Failure::of(primitive.spec.bad_call(&error)))?;
        let effects =
            self.approve_unopened(&action.effects(), &action.arguments()).map_err(Failure::of)?;
        let unknown = format!("its steps are known when what it lies on is open: {why}");
        self.note(PlannedCall {
            name: primitive.spec.name.into(),
            about: about(primitive.spec, &action.arguments()),
            site,
            steps: Vec::new(),
            effects,
            undo: TakeBack::Nothing,
            warnings: vec![unknown],
            already: None,
            guess: false,
            query: false,
            root: true,
        });
        Ok(())
    }

    /// What the run wrote onto devices has to be there, as far as it can be seen; what was half
    /// done is looked at when its turn comes.
    fn still_there(&mut self, past: &Past) -> std::result::Result<(), Failure> {
        let open: Vec<String> = match past.story.interrupted() {
            Some(Record::Begin { makes, .. }) => makes.iter().filter_map(Fact::subject).collect(),
            _ => Vec::new(),
        };
        let lasting = crate::run::reopen::lasting(&past.story.records);
        let lost = lasting.iter().filter(|fact| !fact.subject().is_some_and(|s| open.contains(&s)));
        let lost =
            lost.map(|fact| past.names.data_now(fact)).find(|fact| fact.is_lost(&self.machine));
        let Some(fact) = lost else { return Ok(()) };
        Err(Failure::of(Lost { fact: fact.to_string() }))
    }
}

/// The chapter in which things are opened again.
const RESTORING: &str = "Open again what the run had open";

/// A journal asks for a call that is none of those which open or mount something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is not one of this program: call {call}, {name}, opens and mounts nothing")]
struct NotRestored {
    call: u64,
    name: String,
}

impl crate::error::Rule for NotRestored {
    fn remedy(&self) -> Option<String> {
        Some("do not resume this run: see where its journal comes from".into())
    }

    fn exit(&self) -> crate::error::Exit {
        crate::error::Exit::Refused
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
    approval: Approval,
    journal: Journal,
) -> (Option<Failure>, bool) {
    let mut session = hands.session(approval, Some(journal), true);
    session.tracing = Tracing::Off;
    let result = session.restore(past, variables).result.and_then(|()| {
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
        let facts = past.names.data_now(&one.facts);
        let shown = facts.iter().rev().filter(|fact| fact.is_shown(machine));
        for release in shown.filter_map(Fact::release) {
            for release in release.due(machine) {
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
        let mut facts = past.names.data_now(&one.facts);
        facts.retain(|fact| fact.is_shown(&session.machine));
        session.adopt(&facts);
    }
    session.release_all()
}
