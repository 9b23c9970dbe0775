//! Locales and keyboard layouts.

use super::{Init, SystemRule};
use crate::args;
use crate::error::Result;
use crate::machine::files::FileContents;
use crate::operation::{Action, Effect, Plan, Planning, ProgramEffect, Undo};
use crate::primitives::edit::{assign, command, edit, system_file, writes};
use crate::primitives::file::text;
use crate::system::Step;
use crate::types::{AbsPath, KeymapName, LocaleName};

args! {
    /// Generates locales and sets the default locale of a system.
    ///
    /// Adds the locales to `/etc/locale.gen`, runs `locale-gen`, and sets `LANG` in
    /// `/etc/env.d/02locale` (OpenRC) or `/etc/locale.conf` (systemd). Cannot be undone: generated
    /// locales stay.
    ///
    /// Source: Gentoo handbook, "Configure locales"; locale.gen(5).
    ///
    /// ```
    /// system::locale("/mnt/old", ["en_US.UTF-8", "de_AT.UTF-8"], #{ lang: "de_AT.UTF-8" });
    /// ```
    "system.locale" => pub struct Locale {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The locales to generate, such as `de_AT.UTF-8`; at least one.
        pub locales: Vec<LocaleName>,
        /// The default locale, which must be in the list; by default the first one.
        pub lang: Option<LocaleName>,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

args! {
    /// Sets the keyboard layout of the console.
    ///
    /// Writes `/etc/conf.d/keymaps` (OpenRC) or `/etc/vconsole.conf` (systemd); other settings in
    /// the file are unchanged. Undo restores the previous file.
    ///
    /// Source: Gentoo handbook, "Init and boot configuration"; vconsole.conf(5).
    ///
    /// ```
    /// system::keymap("/mnt/old", "de-latin1");
    /// ```
    "system.keymap" => pub struct Keymap {
        /// The mount point of the system.
        pub root: AbsPath,
        /// The name of the layout below `/usr/share/keymaps`.
        pub keymap: KeymapName,
        /// The init system; detected by default.
        pub init: Option<Init>,
    }
}

const LOCALE_GEN: &str = "/etc/locale.gen";
const ENV_LOCALE: &str = "/etc/env.d/02locale";
const LOCALE_CONF: &str = "/etc/locale.conf";
const KEYMAPS: &str = "/etc/conf.d/keymaps";
const VCONSOLE: &str = "/etc/vconsole.conf";

const SUPPORTED: &str = "/usr/share/i18n/SUPPORTED";

/// Returns the charset of a locale: the one in its name, or the one listed for it in either of
/// these files, where its line may be commented out.
fn charset<'a>(locale: &'a str, lists: [&'a str; 2]) -> &'a str {
    let (name, modifier) = locale.split_once('@').map_or((locale, ""), |(name, m)| (name, m));
    if let Some((_, charset)) = name.split_once('.') {
        return charset;
    }
    let listed = |line: &'a str| {
        let mut fields = line.trim_start_matches(['#', ' ', '\t']).split_whitespace();
        (fields.next() == Some(locale)).then(|| fields.next()).flatten()
    };
    let found = lists.into_iter().flat_map(str::lines).find_map(listed);
    found.unwrap_or(if modifier == "euro" { "ISO-8859-15" } else { "ISO-8859-1" })
}

/// Returns the content of locale.gen with a locale enabled: its line is uncommented or appended.
fn with_locale(text: &str, locale: &str, supported: &str) -> String {
    // These locales are part of the C library.
    if matches!(locale, "C" | "POSIX") {
        return text.to_owned();
    }
    let wanted = [locale, charset(locale, [text, supported])];
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
        let runs = Effect::Program(ProgramEffect::Runs {
            program: "locale-gen".into(),
            root: self.root.to_string(),
        });
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
        let supported = match text(&system_file(&self.root, SUPPORTED), cx)? {
            Some(FileContents::Known(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        };
        let listed = edit(system_file(&self.root, LOCALE_GEN), cx, |text| {
            Ok(self
                .locales
                .iter()
                .fold(text.to_owned(), |text, locale| with_locale(&text, locale, &supported)))
        })?;
        let file = match Init::of(self.init, &self.root, cx)? {
            Init::Openrc => ENV_LOCALE,
            Init::Systemd => LOCALE_CONF,
        };
        let generate = Step::Run(command(&self.root, "locale-gen", cx)?.limit(None));
        // The default locale is set last, so that an interrupted run generates the locales again.
        let default = assign(system_file(&self.root, file), cx, &[("LANG", lang.to_string())])?;
        let made = Undo::Impossible("generated locales stay");
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
        assign(system_file(&self.root, file), cx, &[(name, self.keymap.to_string())])
    }
}

#[cfg(test)]
mod tests {
    use super::with_locale;

    #[test]
    fn a_locale_is_listed_once() {
        let text = "# en_US.UTF-8 UTF-8\n#de_AT@euro ISO-8859-15\nde_DE.UTF-8   UTF-8\n";
        let with = |locale: &str| with_locale(text, locale, "ru_RU ISO-8859-5\ncs_CZ ISO-8859-2\n");
        assert_eq!(with("de_DE.UTF-8"), text);
        assert_eq!(with("en_US.UTF-8"), text.replacen("# en_US", "en_US", 1));
        assert_eq!(with("de_AT@euro"), text.replacen("#de_AT", "de_AT", 1));
        for (locale, charset) in [
            ("fr_FR", "ISO-8859-1"),
            ("fr_FR@euro", "ISO-8859-15"),
            ("ru_RU", "ISO-8859-5"),
            ("cs_CZ", "ISO-8859-2"),
            ("C.UTF-8", "UTF-8"),
            ("ca_ES.UTF-8@valencia", "UTF-8"),
            ("ja_JP.EUC-JP", "EUC-JP"),
        ] {
            assert_eq!(with(locale), format!("{text}{locale} {charset}\n"));
        }
        assert_eq!(with("C"), text);
    }
}
