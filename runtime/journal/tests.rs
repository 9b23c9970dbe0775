use super::*;
use crate::event::Site;
use crate::plan::call::UndoPlan;
use crate::types::Secret;

fn begin(call: u64) -> Record {
    let secret = Value::Secret(Secret::new("passphrase", b"hunter2".to_vec()));
    let args: Map = vec![("key".into(), secret)];
    Record::Begin {
        call,
        name: "luks.open".into(),
        args: Value::Map(args.clone()).recorded(),
        digest: digest(&args),
        makes: Vec::new(),
        undo: UndoPlan::Nothing,
        site: Site { file: "r.rhai".into(), line: 3 },
    }
}

fn head() -> RunHead {
    RunHead { format: JOURNAL_FORMAT, recipe: "r.rhai".into(), ..RunHead::default() }
}

#[test]
fn secrets_are_recorded_by_name_and_partial_lines_ignored() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal");
    let mut journal = Journal::create(&path, head()).expect("a journal");
    journal.write(&begin(1), true).expect("a line");
    let mut text = fs::read_to_string(&path).expect("the journal");
    assert!(!text.contains("hunter2"));
    assert!(text.contains(r#""args":{"key":{"secret":"passphrase"}}"#), "{text}");
    text.push_str("{\"record\":\"do");
    assert_eq!(read_journal(&text).map(|records| records.len()), Ok(2));
    text.push('\n');
    assert_eq!(read_journal(&text).map_err(|damaged| damaged.line), Err(3));
}

#[test]
fn an_undone_call_is_valid_when_repeated() {
    let undone = Record::Undone { call: 1 };
    let calls = |records: &[Record]| -> Vec<u64> {
        valid_records(records).map(|record| record.call().expect("its call")).collect()
    };
    assert_eq!(calls(&[begin(1), begin(2), undone.clone()]), [2]);
    assert_eq!(calls(&[begin(1), undone.clone(), begin(1)]), [1]);
    assert_eq!(calls(&[begin(1), undone.clone(), begin(1), undone]), [0; 0]);
}

#[test]
fn a_partial_line_is_removed_before_appending() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal");
    drop(Journal::create(&path, head()).expect("a journal"));
    // A last line that ends within a UTF-8 sequence, and no partial line.
    for (tail, lines) in [(&b"{\"record\":\"chapter\",\"title\":\"\xc3"[..], 2), (b"", 3)] {
        let mut file = OpenOptions::new().append(true).open(&path).expect("the journal");
        file.write_all(tail).expect("a tail");
        drop(file);
        assert!(Transcript::read(&path).is_ok());
        let mut journal = Journal::reopen(&path).expect("the journal");
        journal.write(&begin(1), true).expect("a line");
        drop(journal);
        let transcript = Transcript::read(&path).expect("complete lines");
        assert_eq!((transcript.records.len(), transcript.running), (lines, false));
    }
    let text = fs::read_to_string(&path).expect("the journal");
    fs::write(&path, text.trim_end()).expect("a journal without its last newline");
    let mut journal = Journal::reopen(&path).expect("the journal");
    journal.write(&begin(2), true).expect("a line");
    assert_eq!(Transcript::read(&path).expect("complete lines").records.len(), 4);
}

#[test]
fn only_one_process_writes() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("journal");
    let journal = Journal::create(&path, head()).expect("a journal");
    assert!(Journal::reopen(&path).is_err());
    assert_eq!(Transcript::read(&path).map(|transcript| transcript.state()), Ok(RunState::Running));
    drop(journal);
    assert_eq!(
        Transcript::read(&path).map(|transcript| transcript.state()),
        Ok(RunState::Unfinished)
    );
}

#[test]
fn a_copy_is_written_until_its_filesystem_is_unmounted() {
    let directory = tempfile::tempdir().expect("a directory");
    let (run, stick) = (directory.path().join("runs/1"), directory.path().join("stick"));
    fs::create_dir_all(&run).expect("a directory");
    let mut journal = Journal::create(&run.join("journal.jsonl"), head()).expect("a journal");
    let copy = journal.add_copy_in(&stick).expect("a copy");
    journal.write(&begin(1), true).expect("a line");
    let read = |path: &Path| fs::read_to_string(path).expect("the journal");
    assert_eq!(read(&copy), read(journal.path()));
    journal.close_copies_on(&stick.to_string_lossy()).expect("closed");
    let before = read(&copy);
    journal.write(&begin(2), true).expect("a line");
    assert_eq!(read(&copy), before);
    // A journal that is itself on the filesystem continues in its home directory.
    drop(journal);
    let home = directory.path().join("home");
    let mut journal = Journal::reopen(&copy).expect("the journal").with_home(home.clone());
    journal.close_copies_on(&stick.to_string_lossy()).expect("moved");
    journal.write(&begin(3), true).expect("a line");
    assert!(journal.path().starts_with(&home));
    assert!(read(journal.path()).starts_with(&before) && read(journal.path()) != before);
}
