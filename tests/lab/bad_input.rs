//! Bad input: the exact message and exit code of every kind, and no disk that changed.

use crate::lab::guest::Lab;
use crate::support::dsl::{normal, snapshot};

#[test]
fn every_message_in_the_virtual_machine() {
    let lab = Lab::new(&["512M", "64M"]);
    let folder = lab.path().to_string_lossy().into_owned();
    let Some(done) = lab.run("bad_input", include_str!("run/bad_input.sh")) else { return };
    done.succeeded();
    let mut names = done.names(".code");
    names.sort();
    let mut all = String::new();
    for name in names {
        let code = done.read(&format!("{name}.code"));
        let message = normal(&done.read(&format!("{name}.err")).replace(&folder, "/OUT"));
        assert_eq!(done.read(&format!("{name}.out")), "", "{name}");
        all += &format!("=== {name}: exit {}\n{}\n", code.trim(), message.trim());
    }
    snapshot("bad_input.txt", &all);
}
