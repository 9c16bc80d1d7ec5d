//! Secrets: passwords of databases and of remote instances. They never enter the webview and never
//! lie on disk in plain text.
//!
//! They go to the keychain of the system. Where there is none, they are sealed in one file under a
//! master password, or kept in memory until the program ends: then they are asked for each time.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use argon2::Argon2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::fault::{Fault, Outcome};

const SERVICE: &str = "dev.plinth.studio";
const PASSWORD_LENGTH_MIN: usize = 8;

/// Where secrets go on this machine, as the studio shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Keeping {
    /// The system's keychain.
    Keychain,
    /// A sealed file, open until the program ends.
    Sealed,
    /// A sealed file whose master password was not given yet.
    Locked,
    /// Neither: a master password may be set; until then secrets last for one launch.
    Nowhere,
}

/// The one holder of secrets.
pub(crate) struct Secrets {
    /// Asked when it is first needed: a slow session bus must not hold up the window.
    keychain: OnceLock<bool>,
    file: PathBuf,
    open: Mutex<Option<Vault>>,
    /// What was given in this launch and has no other place.
    fleeting: Mutex<BTreeMap<String, Zeroizing<String>>>,
}

impl Secrets {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { keychain: OnceLock::new(), file, open: Mutex::new(None), fleeting: Mutex::default() }
    }

    /// May wait for the session bus, so not for the main thread; neither is anything below.
    fn has_keychain(&self) -> bool {
        *self.keychain.get_or_init(|| match keyring::Entry::store_status() {
            Ok(()) => true,
            Err(error) => {
                log::info!("no keychain on this system: {error}");
                false
            }
        })
    }

    pub(crate) fn keeping(&self) -> Keeping {
        if self.has_keychain() {
            Keeping::Keychain
        } else if self.vault().is_some() {
            Keeping::Sealed
        } else if self.file.exists() {
            Keeping::Locked
        } else {
            Keeping::Nowhere
        }
    }

    /// Opens the sealed file, or makes it when there is none.
    pub(crate) fn unlock(&self, master: &Zeroizing<String>) -> Outcome {
        if master.chars().count() < PASSWORD_LENGTH_MIN {
            return Err(Fault::new(
                "PASSWORD_TOO_SHORT",
                format!(
                    "the master password is under the limit of {PASSWORD_LENGTH_MIN} characters"
                ),
            ));
        }
        let vault = if self.file.exists() {
            Vault::open(&self.file, master)?
        } else {
            let vault = Vault::new(master)?;
            vault.save(&self.file)?;
            vault
        };
        *self.vault() = Some(vault);
        // What was given before there was a place now has one.
        let waiting = std::mem::take(&mut *self.fleeting());
        waiting.iter().try_for_each(|(name, secret)| self.set(name, secret))
    }

    pub(crate) fn get(&self, name: &str) -> Outcome<Option<Zeroizing<String>>> {
        if self.has_keychain() {
            return match entry(name)?.get_password() {
                Ok(secret) => Ok(Some(Zeroizing::new(secret))),
                Err(keyring::Error::NoEntry) => Ok(None),
                Err(error) => Err(keychain(&error)),
            };
        }
        let kept = self.vault().as_ref().map(|vault| vault.secrets.get(name).cloned());
        match (kept, self.fleeting().get(name)) {
            (Some(kept), _) => Ok(kept.map(Zeroizing::new)),
            (None, Some(given)) => Ok(Some(given.clone())),
            (None, None) if self.file.exists() => Err(locked()),
            (None, None) => Ok(None),
        }
    }

    pub(crate) fn set(&self, name: &str, secret: &str) -> Outcome {
        if self.has_keychain() {
            return entry(name)?.set_password(secret).map_err(|error| keychain(&error));
        }
        let kept = self.change(|secrets| {
            secrets.insert(name.to_owned(), secret.to_owned());
        })?;
        if !kept {
            self.fleeting().insert(name.to_owned(), Zeroizing::new(secret.to_owned()));
        }
        Ok(())
    }

    pub(crate) fn remove(&self, name: &str) -> Outcome {
        if self.has_keychain() {
            return match entry(name)?.delete_credential() {
                Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
                Err(error) => Err(keychain(&error)),
            };
        }
        self.fleeting().remove(name);
        self.change(|secrets| {
            secrets.remove(name);
        })?;
        Ok(())
    }

    /// Whether there is an open sealed file to change.
    fn change(&self, edit: impl FnOnce(&mut BTreeMap<String, String>)) -> Outcome<bool> {
        let mut open = self.vault();
        let Some(vault) = open.as_mut() else { return Ok(false) };
        edit(&mut vault.secrets);
        vault.save(&self.file)?;
        Ok(true)
    }

    fn fleeting(&self) -> MutexGuard<'_, BTreeMap<String, Zeroizing<String>>> {
        // Inserted and removed whole.
        self.fleeting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn vault(&self) -> MutexGuard<'_, Option<Vault>> {
        // The map and the file are each replaced whole; a panic leaves one of the two states.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(not(target_os = "linux"))]
fn entry(name: &str) -> Outcome<keyring::Entry> {
    keyring::Entry::new(SERVICE, name).map_err(|error| keychain(&error))
}

/// Called by its name alone where a person looks into the keychain; it is found by other words.
#[cfg(target_os = "linux")]
fn entry(name: &str) -> Outcome<keyring::Entry> {
    let label = format!("Plinth: {name}");
    let words = std::collections::HashMap::from([("label", label.as_str())]);
    let inner = keyring_core::Entry::new_with_modifiers(SERVICE, name, &words);
    Ok(keyring::Entry { inner: inner.map_err(|error| keychain(&error))? })
}

fn keychain(error: &keyring::Error) -> Fault {
    Fault::new("KEYCHAIN_FAILED", format!("the system keychain refused: {error}"))
        .hint("unlock the keychain of your session and try again")
}

fn locked() -> Fault {
    Fault::new("SECRETS_LOCKED", "the sealed secrets need the master password")
}

/// An opened sealed file.
struct Vault {
    key: Zeroizing<[u8; 32]>,
    salt: [u8; 16],
    secrets: BTreeMap<String, String>,
}

/// The file: all but `salt` and `nonce` is unreadable without the master password.
#[derive(Serialize, Deserialize)]
struct Sealed {
    version: u32,
    salt: String,
    nonce: String,
    sealed: String,
}

const VERSION: u32 = 1;

impl Vault {
    fn new(master: &Zeroizing<String>) -> Outcome<Self> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(Fault::internal)?;
        Ok(Self { key: key(master, &salt)?, salt, secrets: BTreeMap::new() })
    }

    fn open(file: &Path, master: &Zeroizing<String>) -> Outcome<Self> {
        let bytes = std::fs::read(file).map_err(|error| Fault::file(file, &error))?;
        let damaged =
            || Fault::new("SECRETS_DAMAGED", format!("`{}` is no sealed file", file.display()));
        let sealed: Sealed = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if sealed.version != VERSION {
            return Err(Fault::new(
                "SECRETS_NEWER",
                format!(
                    "`{}` has version {}, this Plinth reads {VERSION}",
                    file.display(),
                    sealed.version
                ),
            ));
        }
        let bytes = |text: &str| BASE64.decode(text).map_err(|_| damaged());
        let salt: [u8; 16] = bytes(&sealed.salt)?.try_into().map_err(|_| damaged())?;
        let nonce: [u8; 24] = bytes(&sealed.nonce)?.try_into().map_err(|_| damaged())?;
        let key = key(master, &salt)?;
        let plain = cipher(&key)
            .decrypt(&XNonce::from(nonce), bytes(&sealed.sealed)?.as_slice())
            .map_err(|_| {
            Fault::new("PASSWORD_WRONG", "the master password does not open the sealed secrets")
        })?;
        let plain = Zeroizing::new(plain);
        let secrets = serde_json::from_slice(&plain).map_err(|_| damaged())?;
        Ok(Self { key, salt, secrets })
    }

    /// Written beside and renamed over, so that a crash leaves the old file or the new one.
    fn save(&self, file: &Path) -> Outcome {
        let mut nonce = [0; 24];
        getrandom::fill(&mut nonce).map_err(Fault::internal)?;
        let plain = Zeroizing::new(serde_json::to_vec(&self.secrets).map_err(Fault::internal)?);
        let sealed = cipher(&self.key)
            .encrypt(&XNonce::from(nonce), plain.as_slice())
            .map_err(Fault::internal)?;
        let sealed = Sealed {
            version: VERSION,
            salt: BASE64.encode(self.salt),
            nonce: BASE64.encode(nonce),
            sealed: BASE64.encode(sealed),
        };
        let bytes = serde_json::to_vec(&sealed).map_err(Fault::internal)?;
        let beside = file.with_extension("new");
        let written = write_private(&beside, &bytes).and_then(|()| std::fs::rename(&beside, file));
        written.map_err(|error| Fault::file(file, &error))
    }
}

/// For nobody else on this computer to read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = embedded_server::owners_file();
    let mut file = options.create(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// argon2id with the crate's defaults (19 MiB, 2 passes), which are OWASP's.
fn key(master: &Zeroizing<String>, salt: &[u8]) -> Outcome<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    Argon2::default()
        .hash_password_into(master.as_bytes(), salt, key.as_mut())
        .map_err(Fault::internal)?;
    Ok(key)
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

#[cfg(test)]
mod tests {
    use super::{Keeping, Mutex, OnceLock, PathBuf, Secrets, Zeroizing};

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("plinth-secrets-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    fn without_keychain(file: PathBuf) -> Secrets {
        Secrets {
            keychain: OnceLock::from(false),
            file,
            open: Mutex::new(None),
            fleeting: Mutex::default(),
        }
    }

    fn master(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[test]
    fn a_sealed_secret_survives_and_is_not_readable_in_the_file() {
        let file = folder().join("secrets.sealed");
        let secrets = without_keychain(file.clone());
        assert_eq!(secrets.keeping(), Keeping::Nowhere);
        secrets.unlock(&master("correct horse")).unwrap();
        secrets.set("shop", "s3cret-of-shop").unwrap();

        let bytes = String::from_utf8(std::fs::read(&file).unwrap()).unwrap();
        assert!(!bytes.contains("s3cret") && !bytes.contains("shop"), "{bytes}");

        let again = without_keychain(file);
        assert_eq!(again.keeping(), Keeping::Locked);
        assert_eq!(again.get("shop").unwrap_err().code, "SECRETS_LOCKED");
        again.unlock(&master("correct horse")).unwrap();
        assert_eq!(again.get("shop").unwrap().unwrap().as_str(), "s3cret-of-shop");
        again.remove("shop").unwrap();
        assert!(again.get("shop").unwrap().is_none());
    }

    #[test]
    fn a_wrong_master_password_opens_nothing() {
        let file = folder().join("secrets.sealed");
        without_keychain(file.clone()).unlock(&master("correct horse")).unwrap();
        let secrets = without_keychain(file);
        assert_eq!(secrets.unlock(&master("battery staple")).unwrap_err().code, "PASSWORD_WRONG");
        assert_eq!(secrets.keeping(), Keeping::Locked);
    }

    #[test]
    fn without_a_place_a_secret_lasts_for_the_launch_and_moves_in_when_there_is_one() {
        let file = folder().join("secrets.sealed");
        let secrets = without_keychain(file.clone());
        secrets.set("shop", "s3cret").unwrap();
        assert_eq!(secrets.get("shop").unwrap().unwrap().as_str(), "s3cret");
        assert!(!file.exists());
        assert!(without_keychain(file.clone()).get("shop").unwrap().is_none());

        secrets.unlock(&master("correct horse")).unwrap();
        let again = without_keychain(file);
        again.unlock(&master("correct horse")).unwrap();
        assert_eq!(again.get("shop").unwrap().unwrap().as_str(), "s3cret");
    }
}
