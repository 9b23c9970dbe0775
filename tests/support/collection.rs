//! Small collections, and keys of authors to sign them with.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gscript::collection::{
    BadCollection, CollectionTexts, CollectionTree, MANIFEST, Manifest, Publication, SIGNATURE,
    SecretKeyFile, sign, unpack,
};
use minisign::KeyPair;

/// The name of the collection.
pub const NAME: &str = "home-lab";

/// The key of an author.
pub struct AuthorKeys {
    secret: String,
    pub public: String,
}

impl AuthorKeys {
    pub fn new() -> Self {
        let pair = KeyPair::generate_unencrypted_keypair().expect("a key");
        let secret = pair.sk.to_box(None).expect("a key").into_string();
        Self { secret, public: pair.pk.to_base64() }
    }

    pub fn file(&self) -> SecretKeyFile {
        SecretKeyFile::new(self.secret.clone())
    }

    /// Writes the secret key as minisign does.
    pub fn write(&self, directory: &Path, name: &str) -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, &self.secret).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
        path
    }

    /// Returns what its author declares about a version.
    pub fn publication(&self, serial: u64) -> Publication {
        Publication {
            serial,
            expires: "2100-01-01".into(),
            key: self.public.clone(),
            next_key: None,
            revoked: Vec::new(),
        }
    }
}

/// No other collections.
pub struct NoOthers;

impl CollectionTexts for NoOthers {
    fn text(&self, _collection: &str, _path: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
}

/// Returns a recipe that writes a file below its parameter `target`.
pub fn recipe(title: &str, needs: &str) -> String {
    format!(
        "//! # {title}\n//!\n//! ```toml\n//! [params.target]\n//! type = \"path\"\n//! default = \
         \"/mnt/gentoo\"\n//! [needs]\n//! {needs}\n//! ```\n\nimport \"lib\" as lib;\n\
         file::write(`${{target}}/motd`, lib::greeting());\n"
    )
}

/// The files of a collection.
#[derive(Clone)]
pub struct Sample(pub BTreeMap<String, Vec<u8>>);

impl Sample {
    pub fn new() -> Self {
        Self(BTreeMap::new())
            .file("collection.toml", "name = \"home-lab\"\ntitle = \"Home lab\"\n")
            .file("recipes/hello.rhai", recipe("Greeting", "writes = [\"$target\"]"))
            .file("modules/lib.rhai", "fn greeting() { \"hello\\n\" }\n")
    }

    pub fn file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.0.insert(path.to_owned(), content.as_ref().to_owned());
        self
    }

    pub fn without(mut self, path: &str) -> Self {
        self.0.remove(path);
        self
    }

    pub fn tree(&self) -> Result<CollectionTree, BadCollection> {
        let mut tree = CollectionTree::default();
        for (path, bytes) in &self.0 {
            tree.add(path.as_bytes(), bytes.clone())?;
        }
        Ok(tree)
    }

    /// Adds a manifest, and a signature by a key.
    pub fn signed_as(self, keys: &AuthorKeys, published: Publication) -> Self {
        let unsigned = self.without(MANIFEST).without(SIGNATURE);
        let serial = published.serial;
        let manifest =
            unsigned.tree().and_then(|tree| Manifest::describe(&tree, Some(published), &NoOthers));
        let bytes = manifest.expect("a manifest").to_bytes();
        let signature = sign(&bytes, (NAME, serial), &keys.file(), None).expect("a signature");
        unsigned.file(MANIFEST, bytes).file(SIGNATURE, signature)
    }

    pub fn signed(self, keys: &AuthorKeys, serial: u64) -> Self {
        self.signed_as(keys, keys.publication(serial))
    }

    /// Changes the text of a file.
    pub fn edit(mut self, path: &str, edit: impl Fn(String) -> String) -> Self {
        let text = String::from_utf8(self.0.remove(path).expect(path)).expect("text");
        self.file(path, edit(text))
    }

    pub fn tar(&self) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in &self.0 {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, bytes.as_slice()).expect("an entry");
        }
        let bytes = tar.into_inner().expect("an archive");
        assert!(unpack(bytes.as_slice()).is_ok());
        bytes
    }

    /// Writes the files into a directory, in place of what is there.
    pub fn write(&self, directory: &Path) {
        for old in ["recipes", "modules", "tests"] {
            let _ = fs::remove_dir_all(directory.join(old));
        }
        for file in [MANIFEST, SIGNATURE] {
            let _ = fs::remove_file(directory.join(file));
        }
        for (path, bytes) in &self.0 {
            let at = directory.join(path);
            fs::create_dir_all(at.parent().expect("a directory")).expect("a directory");
            fs::write(at, bytes).expect("a file");
        }
    }
}
