//! Whether a collection may be installed. Nothing in a collection weakens these rules: they depend
//! on what is remembered of it, and on what the user typed.

use super::bad::BadCollection;
use super::contents::ManifestRecipe;
use super::manifest::Publication;
use super::memory::{KnownAuthor, LockedCollection, Verification};
use super::offer::Offer;
use super::place::stem;
use super::signature::{AuthorKey, Signed};
use crate::plan::needs::Needs;

/// What is known of the author of a collection.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    /// What is remembered.
    pub known: Option<&'a KnownAuthor>,
    /// The key that the user gave.
    pub given: Option<&'a AuthorKey>,
}

/// A collection that may be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is not signed, and no signed version is known.
    Unsigned,
    /// It is signed by a trusted key.
    Trusted(Verification),
    /// It is signed by a key that the user must accept.
    NewKey(Box<AuthorKey>),
}

/// Decides whether a collection may be installed; `today` is a date as in the manifest.
pub fn admit(offer: &Offer, author: Author<'_>, today: &str) -> Result<Admission, BadCollection> {
    let name = offer.name();
    let Some((published, signed)) = published(offer)? else {
        return match author {
            Author { known: None, given: None } => Ok(Admission::Unsigned),
            Author { known: Some(known), .. } => Err(BadCollection::refused(
                format!("{name}: no signature, and earlier versions were signed by {}", known.key),
                "ask the author; only a signed version is installed",
            )),
            Author { given: Some(_), .. } => Err(BadCollection::refused(
                format!("{name}: no signature, and a key was given"),
                "ask the author for a signed version",
            )),
        };
    };
    let (key, verification) = signer(published, &signed, author, name)?;
    signed.check_comment(name, published.serial)?;
    if let Some(known) = author.known {
        check_serial(offer, published, known)?;
    }
    if published.expires.as_str() < today {
        return Err(BadCollection::refused(
            format!("{name}: serial {} expired on {}", published.serial, published.expires),
            "ask the author for a current version; check the clock: date",
        ));
    }
    Ok(match verification {
        Some(verification) => Admission::Trusted(verification),
        None => Admission::NewKey(Box::new(key)),
    })
}

/// Returns the declarations of the author and the signature, if there is one.
fn published(offer: &Offer) -> Result<Option<(&Publication, Signed<'_>)>, BadCollection> {
    let (Some(published), Some(signature)) = (&offer.manifest.published, &offer.signature) else {
        return Ok(None);
    };
    Ok(Some((published, Signed::of(&offer.bytes, signature)?)))
}

/// Returns the key that signed the manifest, and why it is trusted.
fn signer(
    published: &Publication,
    signed: &Signed<'_>,
    author: Author<'_>,
    name: &str,
) -> Result<(AuthorKey, Option<Verification>), BadCollection> {
    let claimed = AuthorKey::parse(&published.key)?;
    let trusted = match (author.known, author.given) {
        (Some(known), _) if known.revoked.contains(&published.key) => {
            let why = format!("{name}: the key {} is revoked", published.key);
            return Err(BadCollection::refused(why, "ask the author for a version by a valid key"));
        }
        (Some(known), _) if known.key == published.key => Some(Verification::KeyKnown),
        (Some(known), _) if known.next_key.as_ref() == Some(&published.key) => {
            Some(Verification::KeyAnnounced)
        }
        (Some(known), _) => {
            return Err(other_key(name, &published.key, &known.key));
        }
        (None, given) => given.map(|_| Verification::KeyGiven),
    };
    if let Some(given) = author.given.filter(|given| **given != claimed) {
        return Err(other_key(name, &published.key, given.text()));
    }
    match claimed.verify(signed)? {
        true => Ok((claimed, trusted)),
        false => {
            let why = format!("{name}: the signature is not by the key of its manifest");
            Err(BadCollection::refused(why, "fetch the collection again, or ask the author"))
        }
    }
}

fn other_key(name: &str, found: &str, wanted: &str) -> BadCollection {
    BadCollection::refused(
        format!("{name}: signed by {found}, expected {wanted}, which has announced no other key"),
        format!(
            "ask the author; if the key was replaced, forget the old one: gscript remove \
             --forget-key {name}"
        ),
    )
}

fn check_serial(
    offer: &Offer,
    published: &Publication,
    known: &KnownAuthor,
) -> Result<(), BadCollection> {
    let (name, serial) = (offer.name(), published.serial);
    if serial < known.serial {
        return Err(BadCollection::refused(
            format!("{name}: serial {serial} is older than {}, which was installed", known.serial),
            "fetch the current version; an old one may have known faults",
        ));
    }
    if serial == known.serial && offer.digest() != known.manifest {
        return Err(BadCollection::refused(
            format!("{name}: another version with serial {serial} was installed"),
            "ask the author to sign it with a higher serial",
        ));
    }
    Ok(())
}

/// A recipe that may do more than the installed version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WidenedRecipe {
    /// The name that selects it.
    pub recipe: String,
    /// The needs that are new.
    pub needs: Needs,
    /// The defaults of parameters that are new, if needs are new because of them.
    pub defaults: Vec<String>,
}

/// Returns the recipes of a collection that may do more than the installed version. A new recipe is
/// not among them: it does nothing until it is run by its name.
///
/// What a parameter stands for by default counts as well: an entry `$disk` is wider if the parameter
/// has another default, unless the other entries include it.
pub fn widened(offer: &Offer, locked: &LockedCollection) -> Vec<WidenedRecipe> {
    let wider = |(path, recipe): (&str, &ManifestRecipe)| {
        let (old, needs) = locked.needs.iter().find(|(known, _)| stem(known) == stem(path))?;
        let before = locked.defaults.get(old).cloned().unwrap_or_default();
        let widened = needs.widened_by(&recipe.needs);
        let known = needs.and(&before.resolve(needs)).and(&widened);
        let by_default = known.widened_by(&recipe.defaults.resolve(&recipe.needs));
        let defaults = match by_default == Needs::default() {
            true => Vec::new(),
            false => recipe.defaults.changed_since(&before),
        };
        let needs = widened.and(&by_default);
        let recipe = super::installed::name_of(offer.name(), path);
        (needs != Needs::default()).then_some(WidenedRecipe { recipe, needs, defaults })
    };
    offer.manifest.recipes().filter_map(wider).collect()
}

/// Verifies the signature of a collection by the key of its own manifest, for its author. Returns
/// what is published, or `None` if it is not signed.
pub fn verify_own(offer: &Offer) -> Result<Option<&Publication>, BadCollection> {
    let Some((published, signed)) = published(offer)? else { return Ok(None) };
    let author = Author { known: None, given: None };
    signer(published, &signed, author, offer.name())?;
    signed.check_comment(offer.name(), published.serial)?;
    Ok(Some(published))
}
