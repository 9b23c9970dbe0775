//! Languages and keyboards.

use super::{Init, SystemRule};
use crate::action::{Action, Effect, Plan, Planning, Undo};
use crate::args;
use crate::error::Result;
use crate::primitives::edit::{assign, command, edit, there, writes};
use crate::system::Step;
use crate::types::{AbsPath, KeymapName, LocaleName};

args! {
    /// Has locales made, and sets the default one: lines in `/etc/locale.gen`, `locale-gen`, and `LANG`
    /// in `/etc/env.d/02locale` (OpenRC) or `/etc/locale.conf` (systemd).
    ///
    /// Source: Gentoo handbook, "Configure locales"; locale.gen(5).
    ///
    /// ```
    /// system::locale("/mnt/old", ["en_US.UTF-8", "de_AT.UTF-8"], #{ lang: "de_AT.UTF-8" });
    /// ```
    "system.locale" => pub struct Locale {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The locales, as `de_AT.UTF-8`.
        pub locales: Vec<LocaleName>,
        /// The default one; the first when absent.
        pub lang: Option<LocaleName>,
        /// What starts it; found out when absent.
        pub init: Option<Init>,
    }
}

args! {
    /// Sets the keyboard of the console: in `/etc/conf.d/keymaps` (OpenRC) or `/etc/vconsole.conf`
    /// (systemd).
    ///
    /// Source: Gentoo handbook, "Init and boot configuration"; vconsole.conf(5).
    ///
    /// ```
    /// system::keymap("/mnt/old", "de-latin1");
    /// ```
    "system.keymap" => pub struct Keymap {
        /// The mount point of the system.
        pub root: AbsPath,
        /// Its name below `/usr/share/keymaps`.
        pub keymap: KeymapName,
        /// What starts it; found out when absent.
        pub init: Option<Init>,
    }
}

const LOCALE_GEN: &str = "/etc/locale.gen";
const ENV_LOCALE: &str = "/etc/env.d/02locale";
const LOCALE_CONF: &str = "/etc/locale.conf";
const KEYMAPS: &str = "/etc/conf.d/keymaps";
const VCONSOLE: &str = "/etc/vconsole.conf";

/// The text of locale.gen in which a locale is made: its commented-out line counts from now on.
fn with_locale(text: &str, locale: &str) -> String {
    // C.UTF-8 has no charset but its own either.
    let charset = locale.split_once('.').map_or("ISO-8859-1", |(_, charset)| charset);
    let charset = charset.split('@').next().unwrap_or(charset);
    let wanted = [locale, charset];
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    if text.lines().any(|line| fields(line) == wanted) {
        return text.to_owned();
    }
    let mut done = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let open = line.trim_start().strip_prefix('#').filter(|rest| fields(rest) == wanted);
        match open {
            Some(_) if !done => {
                done = true;
                format!("{}\n", wanted.join(" "))
            }
            _ => line.to_owned(),
        }
    });
    let changed: String = lines.collect();
    match done {
        true => changed,
        false => crate::config::append(text, &wanted.join(" ")),
    }
}

impl Action for Locale {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        let runs = Effect::Runs { program: "locale-gen".into(), root: self.root.to_string() };
        let writes = [LOCALE_GEN, ENV_LOCALE, LOCALE_CONF].map(|path| writes(&self.root, path));
        writes.into_iter().chain([runs]).collect()
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let made = || self.locales.iter().map(ToString::to_string).collect();
        let Some(lang) = self.lang.as_ref().or(self.locales.first()) else {
            return Err(SystemRule::NoLocales.into());
        };
        if !self.locales.contains(lang) {
            return Err(SystemRule::NotMade { default: lang.to_string(), made: made() }.into());
        }
        let listed = edit(there(&self.root, LOCALE_GEN), cx, |text| {
            Ok(self.locales.iter().fold(text.to_owned(), |text, locale| with_locale(&text, locale)))
        })?;
        let file = match Init::of(self.init, &self.root, cx)? {
            Init::Openrc => ENV_LOCALE,
            Init::Systemd => LOCALE_CONF,
        };
        let generate = Step::Run(command(&self.root, "locale-gen", cx)?.limit(None));
        // The default comes last: a run that is cut off before it makes the locales again.
        let default = assign(there(&self.root, file), cx, &[("LANG", lang.to_string())])?;
        let made = Undo::Impossible("locales that were made stay");
        Ok(listed.then(generate).and(default).undo(made))
    }
}

impl Action for Keymap {
    type Output = ();

    fn effects(&self) -> Vec<Effect> {
        vec![writes(&self.root, KEYMAPS), writes(&self.root, VCONSOLE)]
    }

    fn plan(&self, cx: &mut Planning<'_>) -> Result<Plan<()>> {
        let (file, name) = match Init::of(self.init, &self.root, cx)? {
            Init::Openrc => (KEYMAPS, "keymap"),
            Init::Systemd => (VCONSOLE, "KEYMAP"),
        };
        assign(there(&self.root, file), cx, &[(name, self.keymap.to_string())])
    }
}

#[cfg(test)]
mod tests {
    use super::with_locale;

    #[test]
    fn a_locale_is_listed_once() {
        let text = "# en_US.UTF-8 UTF-8\n#de_AT@euro ISO-8859-15\nde_DE.UTF-8   UTF-8\n";
        assert_eq!(with_locale(text, "de_DE.UTF-8"), text);
        let changed = with_locale(text, "en_US.UTF-8");
        assert_eq!(changed, text.replacen("# en_US", "en_US", 1));
        assert_eq!(with_locale(text, "fr_FR"), format!("{text}fr_FR ISO-8859-1\n"));
    }
}
