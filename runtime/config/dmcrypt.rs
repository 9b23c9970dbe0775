//! Gentoo's `/etc/conf.d/dmcrypt` (sys-fs/cryptsetup, dmcrypt.confd): stanzas of assignments, each
//! of which begins with `target=NAME` or `swap=NAME`.

use super::shell::{self, Unclosed};

/// Returns the content with the stanza of `head` (such as `("target", "home")`) set to exactly
/// these settings.
pub fn set(text: &str, head: (&str, &str), settings: &[(&str, &str)]) -> Result<String, Unclosed> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let begins = |line: &&str| line.starts_with("target=") || line.starts_with("swap=");
    let is_it = |line: &&str| shell::get(line, head.0).is_ok_and(|v| v.as_deref() == Some(head.1));
    let Some(start) = lines.iter().position(is_it) else {
        let mut stanza = format!("\n{}={}", head.0, shell::quoted(head.1));
        for (name, value) in settings {
            stanza += &format!("\n{name}={}", shell::quoted(value));
        }
        return Ok(super::append(text, &stanza));
    };
    let length = lines[start + 1..].iter().position(begins).unwrap_or(lines.len() - start - 1);
    // Comments directly before the next stanza belong to that stanza.
    let of_this = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let own = lines[start + 1..=start + length].iter().rposition(of_this).map_or(0, |at| at + 1);
    let mut stanza = lines[start..=start + own].concat();
    if !stanza.ends_with('\n') {
        stanza.push('\n');
    }
    for name in ["source", "key", "options", "type", "pre_mount", "post_mount", "remdev"] {
        if !settings.iter().any(|(wanted, _)| *wanted == name) {
            stanza = shell::unset(&stanza, name)?;
        }
    }
    for (name, value) in settings {
        stanza = shell::set(&stanza, name, &shell::quoted(value))?;
    }
    Ok([lines[..start].concat(), stanza, lines[start + own + 1..].concat()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# /etc/conf.d/dmcrypt\n\n# Swap\nswap=swap\nsource='/dev/sda2'\n\n\
        # Home, with a key\ntarget='home'\nsource=/dev/sda3\nkey=/k:gpg\n#options=x\n\n# End\n";

    #[test]
    fn a_stanza_changes_and_the_rest_stays() {
        let same = [("source", "/dev/sda3"), ("key", "/k:gpg")];
        assert_eq!(set(TEXT, ("target", "home"), &same).as_deref(), Ok(TEXT));
        assert_eq!(
            set(TEXT, ("target", "home"), &[("source", "UUID=1")]).expect("read"),
            TEXT.replacen("source=/dev/sda3\nkey=/k:gpg\n", "source=\"UUID=1\"\n", 1)
        );
        assert_eq!(
            set(TEXT, ("swap", "swap"), &[("source", "/dev/sda2"), ("options", "-c aes")])
                .expect("read"),
            TEXT.replacen("sda2'\n", "sda2'\noptions=\"-c aes\"\n", 1)
        );
        assert_eq!(
            set(TEXT, ("target", "new"), &[("source", "a")]).expect("read"),
            format!("{TEXT}\ntarget=\"new\"\nsource=\"a\"\n")
        );
    }
}
