//! The description of a virtual machine for libvirt (<https://libvirt.org/formatdomain.html>): a share of virtiofs, and the shared memory that
//! it needs. Everything else keeps its bytes: only the places of elements are taken from the parser.

use std::fmt::Write;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

/// A share in the description.
#[derive(Debug, Clone, Copy)]
pub struct ShareElement<'a> {
    /// The directory of this system.
    pub directory: &'a str,
    /// The tag with which the guest mounts it.
    pub tag: &'a str,
    /// The program in place of virtiofsd.
    pub binary: Option<&'a str>,
    /// How long the guest may rely on what it has read: `none` or `always`.
    pub cache: Option<&'a str>,
    /// What confines virtiofsd: `namespace` or `chroot`.
    pub sandbox: Option<&'a str>,
}

/// An error in the description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DomainXmlError {
    /// It is not well-formed.
    #[error("invalid XML at byte {at}: {why}")]
    Malformed {
        /// The position of the error in bytes.
        at: u64,
        /// The message of the parser.
        why: String,
    },
    /// It describes something else.
    #[error("no virtual machine: expected the element domain with the element devices")]
    NoDomain,
}

/// An element with its place in the text.
struct Element {
    /// The names of the elements around it and its own, such as `domain/devices/filesystem`.
    path: String,
    /// From `<` to the end of its end tag.
    whole: Range<usize>,
    /// Between its tags; empty if it has no end tag.
    inner: Range<usize>,
    /// The attribute `dir`, if there is one.
    dir: Option<String>,
}

const SHARED: &str = "<source type=\"memfd\"/>\n    <access mode=\"shared\"/>";

fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// Returns the value of the attribute `dir`.
fn dir_of(tag: &BytesStart<'_>) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == "dir")?;
    quick_xml::escape::unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}

/// The path of an element whose end tag is still to come, where its start tag begins and ends, and its attribute `dir`.
type OpenElement = (String, usize, usize, Option<String>);

/// Lists all elements in the order of their ends.
fn elements(text: &str) -> Result<Vec<Element>, DomainXmlError> {
    let mut reader = Reader::from_str(text);
    let (mut open, mut found): (Vec<OpenElement>, _) = (Vec::new(), Vec::new());
    loop {
        let start = position(reader.buffer_position());
        let event = reader.read_event().map_err(|error| DomainXmlError::Malformed {
            at: reader.error_position(),
            why: error.to_string(),
        })?;
        let end = position(reader.buffer_position());
        let path_of = |open: &[OpenElement], tag: &BytesStart<'_>| {
            let name = tag.name().as_ref().to_owned();
            open.last().map_or(name.clone(), |(path, ..)| format!("{path}/{name}"))
        };
        match event {
            Event::Start(tag) => {
                let path = path_of(&open, &tag);
                open.push((path, start, end, dir_of(&tag)));
            }
            Event::Empty(tag) => {
                let path = path_of(&open, &tag);
                found.push(Element { path, whole: start..end, inner: end..end, dir: dir_of(&tag) });
            }
            Event::End(_) => {
                if let Some((path, from, inner, dir)) = open.pop() {
                    found.push(Element { path, whole: from..end, inner: inner..start, dir });
                }
            }
            Event::Eof if open.is_empty() => return Ok(found),
            Event::Eof => {
                let why = "an element is not closed".to_owned();
                return Err(DomainXmlError::Malformed { at: reader.buffer_position(), why });
            }
            _ => {}
        }
    }
}

/// Replaces a range of the text.
fn splice(text: &str, range: Range<usize>, by: &str) -> String {
    [&text[..range.start], by, &text[range.end..]].concat()
}

/// Returns the text with a line before the end tag of an element, which gets one if it has none.
fn append(text: &str, element: &Element, name: &str, line: &str, indent: &str) -> String {
    if element.inner.is_empty() && text[..element.whole.end].ends_with("/>") {
        let open = text[element.whole.clone()].trim_end_matches("/>").trim_end();
        let by = format!("{open}>\n{indent}  {line}\n{indent}</{name}>");
        return splice(text, element.whole.clone(), &by);
    }
    // The end tag keeps its indentation.
    let before =
        text[..element.inner.end].trim_end_matches([' ', '\t']).len().max(element.inner.start);
    let gap = if text[..before].ends_with('\n') { "" } else { "\n" };
    splice(text, before..before, &format!("{gap}{indent}  {line}\n"))
}

/// Returns the elements that share a directory.
fn filesystem(share: &ShareElement<'_>) -> String {
    let mut cells = String::new();
    if let Some(cache) = share.cache {
        let _ = write!(cells, "\n        <cache mode=\"{}\"/>", escape(cache));
    }
    if let Some(sandbox) = share.sandbox {
        let _ = write!(cells, "\n        <sandbox mode=\"{}\"/>", escape(sandbox));
    }
    let path = share.binary.map(|path| format!(" path=\"{}\"", escape(path))).unwrap_or_default();
    let binary = match cells.is_empty() {
        true => format!("<binary{path} xattr=\"on\"/>"),
        false => format!("<binary{path} xattr=\"on\">{cells}\n      </binary>"),
    };
    format!(
        "<filesystem type=\"mount\" accessmode=\"passthrough\">\n      <driver type=\"virtiofs\" queue=\"1024\"/>\n      \
         {binary}\n      <source dir=\"{}\"/>\n      <target dir=\"{}\"/>\n    </filesystem>",
        escape(share.directory),
        escape(share.tag)
    )
}

/// Returns the description with this share in place of the one with the same tag, or as a further one, and with shared memory.
///
/// # Errors
///
/// Returns an error if the text is not well-formed, or describes no virtual machine.
pub fn set_share(text: &str, share: &ShareElement<'_>) -> Result<String, DomainXmlError> {
    let text = shared_memory(text)?;
    let found = elements(&text)?;
    let target = "domain/devices/filesystem/target";
    let target =
        found.iter().find(|one| one.path == target && one.dir.as_deref() == Some(share.tag));
    let around = target.and_then(|target| {
        let around = |one: &&Element| {
            one.whole.start < target.whole.start && one.whole.end > target.whole.end
        };
        found.iter().filter(|one| one.path == "domain/devices/filesystem").find(around)
    });
    let wanted = filesystem(share);
    match around {
        Some(old) => Ok(splice(&text, old.whole.clone(), &wanted)),
        None => {
            let devices = found.iter().find(|one| one.path == "domain/devices");
            let devices = devices.ok_or(DomainXmlError::NoDomain)?;
            Ok(append(&text, devices, "devices", &wanted, "  "))
        }
    }
}

/// Returns the description with memory that can be shared.
fn shared_memory(text: &str) -> Result<String, DomainXmlError> {
    let found = elements(text)?;
    let element = |path: &str| found.iter().find(|one| one.path == path);
    let Some(backing) = element("domain/memoryBacking") else {
        let devices = element("domain/devices").ok_or(DomainXmlError::NoDomain)?;
        let block = format!("  <memoryBacking>\n    {SHARED}\n  </memoryBacking>\n");
        let at = devices.whole.start;
        let line = text[..at].trim_end_matches([' ', '\t']).len();
        // The devices keep their indentation.
        return Ok(match text[..line].ends_with('\n') {
            true => splice(text, line..line, &block),
            false => splice(text, at..at, block.trim_start()),
        });
    };
    let wanted = [("source", "<source type=\"memfd\"/>"), ("access", "<access mode=\"shared\"/>")];
    let missing = wanted.iter().find_map(|(name, wanted)| {
        match element(&format!("domain/memoryBacking/{name}")) {
            // Both ways to quote a value mean the same.
            Some(old) if text[old.whole.clone()].replace('\'', "\"") == *wanted => None,
            Some(old) => Some(splice(text, old.whole.clone(), wanted)),
            None => Some(append(text, backing, "memoryBacking", wanted, "  ")),
        }
    });
    match missing {
        Some(changed) => shared_memory(&changed),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: ShareElement<'_> = ShareElement {
        directory: "/srv/a&b",
        tag: "fs",
        binary: Some("/usr/local/bin/wrapper-virtiofsd"),
        cache: None,
        sandbox: None,
    };

    const BEFORE: &str = "<?xml version='1.0'?>\n<!-- mine: <devices> -->\n<domain type='kvm'>\n  <name>web</name>\n\
        \t<memory unit='GiB' >4</memory>\n\t<devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n    \
        <filesystem type='mount'>\n      <source dir='/srv/other'/><target dir='other'/>\n    </filesystem>\n  </devices>\n</domain>\n";

    #[test]
    fn only_the_share_and_its_memory_change() {
        let after = set_share(BEFORE, &SHARE).expect("a domain");
        let added = "    <filesystem type=\"mount\" accessmode=\"passthrough\">\n      <driver type=\"virtiofs\" queue=\"1024\"/>\n      \
            <binary path=\"/usr/local/bin/wrapper-virtiofsd\" xattr=\"on\"/>\n      <source dir=\"/srv/a&amp;b\"/>\n      \
            <target dir=\"fs\"/>\n    </filesystem>\n";
        let memory = "  <memoryBacking>\n    <source type=\"memfd\"/>\n    <access mode=\"shared\"/>\n  </memoryBacking>\n";
        assert_eq!(after.replacen(added, "", 1).replacen(memory, "", 1), BEFORE);
        assert_eq!(set_share(&after, &SHARE).expect("a domain"), after);
        let moved = ShareElement { directory: "/srv/c", cache: Some("always"), ..SHARE };
        let again = set_share(&after, &moved).expect("a domain");
        assert_eq!(again.matches("<filesystem").count(), 2);
        assert!(again.contains("<source dir=\"/srv/c\"/>") && !again.contains("a&amp;b"));
        assert_eq!(set_share(&again, &SHARE).expect("a domain"), after);
    }

    #[test]
    fn other_memory_is_replaced_and_kept_elements_stay() {
        let with = |backing: &str| format!("<domain>\n  {backing}\n  <devices/>\n</domain>\n");
        for backing in [
            "<memoryBacking/>",
            "<memoryBacking>\n    <hugepages/>\n  </memoryBacking>",
            "<memoryBacking><source type='file'/><access mode='private'/><hugepages/></memoryBacking>",
        ] {
            let after = set_share(&with(backing), &SHARE).expect("a domain");
            for wanted in ["<source type=\"memfd\"/>", "<access mode=\"shared\"/>", "</devices>"] {
                assert_eq!(after.matches(wanted).count(), 1, "{after}");
            }
            assert_eq!(after.contains("<hugepages/>"), backing.contains("<hugepages/>"), "{after}");
            assert!(!after.contains("private") && elements(&after).is_ok(), "{after}");
        }
        let quoted =
            with("<memoryBacking><access mode='shared'/><source type='memfd'/></memoryBacking>");
        assert!(set_share(&quoted, &SHARE).expect("a domain").contains("<access mode='shared'/>"));
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        assert_eq!(set_share("<network/>", &SHARE), Err(DomainXmlError::NoDomain));
        for text in ["<domain><devices></domain>", "<domain><devices>", "<domain"] {
            let error = set_share(text, &SHARE).expect_err(text).to_string();
            assert!(error.starts_with("invalid XML at byte "), "{error}");
        }
    }
}
