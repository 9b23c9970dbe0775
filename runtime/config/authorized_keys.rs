//! `authorized_keys`: a public key per line (sshd(8)).

/// The types of public keys.
const TYPES: [&str; 9] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-ed25519-cert-v01@openssh.com",
    "ssh-rsa-cert-v01@openssh.com",
];

/// A reason to reject a file of public keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// It contains a private key.
    Private,
    /// A line, by its number, is not a public key.
    Line(usize),
    /// It contains no key.
    Empty,
}

/// Returns the lines with keys.
fn keys(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Returns the reason why a text is not a list of public keys. Nothing of a private key is part of
/// it.
pub fn fault(text: &str) -> Option<KeyFault> {
    if text.contains("PRIVATE KEY") {
        return Some(KeyFault::Private);
    }
    if keys(text).next().is_none() {
        return Some(KeyFault::Empty);
    }
    keys(text).find(|(_, line)| !is_key(line)).map(|(number, _)| KeyFault::Line(number))
}

/// Returns whether a line is a public key, with or without options before its type.
fn is_key(line: &str) -> bool {
    if line.chars().any(char::is_control) {
        return false;
    }
    let words: Vec<&str> = line.split(' ').collect();
    let Some(at) = words.iter().position(|word| TYPES.contains(word)) else { return false };
    // The data begins with the length of the name of the type.
    words.get(at + 1).is_some_and(|data| {
        data.starts_with("AAAA") && data.len() >= 60 && data.bytes().all(is_base64)
    })
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)
}

/// Returns the content with the missing keys added.
pub fn add(text: &str, wanted: &str) -> String {
    let mut text = text.to_owned();
    for (_, key) in keys(wanted) {
        let is_new = keys(&text).all(|(_, known)| known != key);
        if is_new {
            text = super::append(&text, key);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 \
        AAAAC3NzaC1lZDI1NTE5AAAAIGmZ4Xk0n8wq0Qp1ZQ0J5rN1mC0Qb9Xv3o5m8b2qv1aZ ada@box";

    #[test]
    fn only_public_keys_are_accepted() {
        let text = format!("# mine\n\n{KEY}\nfrom=\"192.0.2.1\",command=\"a b\" {KEY}\n");
        assert_eq!(fault(&text), None);
        assert_eq!(fault("# none\n"), Some(KeyFault::Empty));
        assert_eq!(fault(&format!("{KEY}\nssh-ed25519 AAAA\n")), Some(KeyFault::Line(2)));
        assert_eq!(fault(&format!("{KEY}\u{1b}[2J")), Some(KeyFault::Line(1)));
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n";
        assert_eq!(fault(&format!("{KEY}\n{private}")), Some(KeyFault::Private));
    }

    #[test]
    fn keys_are_added_once() {
        let both = add("# theirs\nother", &format!("# mine\n{KEY}\n"));
        assert_eq!(both, format!("# theirs\nother\n{KEY}\n"));
        assert_eq!(add(&both, KEY), both);
    }
}
