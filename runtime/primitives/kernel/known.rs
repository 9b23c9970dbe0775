//! Known sets of required kernel options, and their positions in menuconfig (Linux 6.x).

use crate::types::Choice;

/// A known set of required kernel options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionSet {
    /// The options for booting from LVM in a LUKS container.
    EncryptedRoot,
    /// The options that the guide requires to be set to Yes.
    GuideCrypto,
    /// An empty set, for calls that list all options themselves.
    Nothing,
}

impl Choice for OptionSet {
    const NAME: &'static str = "need";
    const WORDS: &'static [&'static str] = &["encrypted-root", "guide-crypto", "nothing"];
    const ALL: &'static [Self] = &[Self::EncryptedRoot, Self::GuideCrypto, Self::Nothing];
}

impl OptionSet {
    /// Returns the options, and whether a module is sufficient.
    pub fn options(self) -> &'static [(&'static str, bool)] {
        match self {
            // Modules are loaded from the initramfs; options that are needed to reach it must be
            // built in.
            Self::EncryptedRoot => &[
                ("BLK_DEV_INITRD", false),
                ("DEVTMPFS", false),
                ("MD", false),
                ("BLK_DEV_DM", true),
                ("DM_CRYPT", true),
                ("CRYPTO_AES", true),
                ("CRYPTO_CBC", true),
                ("CRYPTO_XTS", true),
                ("CRYPTO_SHA256", true),
                ("CRYPTO_SHA512", true),
                ("CRYPTO_USER_API_HASH", true),
                ("CRYPTO_USER_API_SKCIPHER", true),
            ],
            // Guide ER, "ensure the following options are set to Yes".
            Self::GuideCrypto => &[
                ("CRYPTO_CBC", false),
                ("CRYPTO_ECB", false),
                ("CRYPTO_XTS", false),
                ("CRYPTO_HMAC", false),
                ("CRYPTO_CRC32C", false),
                ("CRYPTO_MD5", false),
                ("CRYPTO_MICHAEL_MIC", false),
                ("CRYPTO_SHA1", false),
                ("CRYPTO_SHA256", false),
                ("CRYPTO_SHA512", false),
                ("CRYPTO_AES", false),
            ],
            Self::Nothing => &[],
        }
    }
}

/// Returns the position of an option in menuconfig, if it is known.
pub fn menu(option: &str) -> Option<&'static str> {
    Some(match option {
        "BLK_DEV_INITRD" => "General setup → Initial RAM filesystem and RAM disk support",
        "IKCONFIG_PROC" => "General setup → Kernel .config support → Enable access through /proc",
        "DEVTMPFS" => "Device Drivers → Generic Driver Options → Maintain a devtmpfs filesystem",
        "MD" => "Device Drivers → Multiple devices driver support (RAID and LVM)",
        "BLK_DEV_DM" => "Device Drivers → Multiple devices driver support → Device mapper support",
        "DM_CRYPT" => "Device Drivers → Multiple devices driver support → Crypt target support",
        "CRYPTO_AES" => "Cryptographic API → Block ciphers → AES",
        "CRYPTO_CBC" => "Cryptographic API → Length-preserving ciphers and modes → CBC",
        "CRYPTO_ECB" => "Cryptographic API → Length-preserving ciphers and modes → ECB",
        "CRYPTO_XTS" => "Cryptographic API → Length-preserving ciphers and modes → XTS",
        "CRYPTO_HMAC" => "Cryptographic API → Hashes, digests, and MACs → HMAC",
        "CRYPTO_MD5" => "Cryptographic API → Hashes, digests, and MACs → MD5",
        "CRYPTO_MICHAEL_MIC" => "Cryptographic API → Hashes, digests, and MACs → Michael MIC",
        "CRYPTO_SHA1" => "Cryptographic API → Hashes, digests, and MACs → SHA-1",
        "CRYPTO_SHA256" => "Cryptographic API → Hashes, digests, and MACs → SHA-224 and SHA-256",
        "CRYPTO_SHA512" => "Cryptographic API → Hashes, digests, and MACs → SHA-384 and SHA-512",
        "CRYPTO_CRC32C" => "Cryptographic API → CRCs → CRC32c",
        "CRYPTO_USER_API_HASH" => "Cryptographic API → Userspace interface → Hash algorithms",
        "CRYPTO_USER_API_SKCIPHER" => {
            "Cryptographic API → Userspace interface → Symmetric key cipher algorithms"
        }
        _ => return None,
    })
}
