//! The examples of `gscript --help`.

pub(super) const EXAMPLES: &str = "\
Examples:
  gscript plan encrypted-root --set disk=/dev/sda
        show what the recipe would do here; changes nothing
  gscript plan encrypted-root --out plan.json && sudo gscript apply plan.json
        save a plan, review it, and carry out exactly that plan
  gscript try encrypted-root
        run the recipe for real, in a throw-away virtual machine
  sudo gscript encrypted-root
        show the plan, ask for confirmation, and run it on this machine
  sudo gscript resume
        resume a run after a failure, a crash or a reboot
  sudo gscript
        start an interactive shell: query, act, undo
  gscript fork encrypted-root my-recipe.rhai
        write a copy of a bundled recipe to edit
  gscript check my-recipe.rhai
        find misspelled names, unreachable steps and unused [needs] entries
  gscript test encrypted-root
        run the recipe's tests, on simulated machines with injected faults
  gscript doc luks.format
        show the reference of a primitive

Exit codes: 0 done, 1 failed, 2 usage or recipe error (nothing changed), 3 refused, 4 stopped on request.";
