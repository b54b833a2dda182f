//! Passkeys (`WebAuthn`) as a second factor. The library asks for user verification, and so does this.
//!
//! What was asked of a browser is kept as a challenge's state, never in the browser. Pure, but for random bytes.

use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use webauthn_rs::prelude::{
    CredentialID, Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::SecondFactorError;
use crate::accounts::store::Account;

const SHOP: &str = "Cartwright";

/// For the domain of the first public origin that has one; every origin on it counts. Passkeys of another domain are no passkeys here:
/// who moves the shop to another domain has them set up anew.
pub fn relying_party(public_origins: &[String]) -> Option<Webauthn> {
    let origins: Vec<Url> = public_origins
        .iter()
        .filter_map(|origin| Url::parse(origin).ok())
        .collect();
    let first = origins.iter().find(|origin| origin.domain().is_some())?;
    let id = first.domain()?.to_owned();
    let own = origins.iter().filter(|origin| origin.domain() == Some(&id));
    let builder = WebauthnBuilder::new(&id, first).ok()?.rp_name(SHOP);
    let builder = own.fold(builder, WebauthnBuilder::append_allowed_origin);
    builder.build().ok()
}

/// What was asked, for the browser and for us.
pub struct Asked {
    /// For `navigator.credentials`.
    pub options: Value,
    pub state: Value,
}

/// # Errors
/// A fault of ours.
pub fn ask_for_new(
    party: &Webauthn,
    account: &Account,
    known: Vec<CredentialID>,
) -> Result<Asked, SecondFactorError> {
    let asked = party.start_passkey_registration(account.id, &account.email, &account.email, Some(known));
    let (options, state) = asked.map_err(|error| ours(&error))?;
    Ok(Asked {
        options: as_json(&options)?["publicKey"].take(),
        state: as_json(&state)?,
    })
}

/// # Errors
/// [`SecondFactorError::WrongProof`] where it is no answer to what was asked.
pub fn made(
    party: &Webauthn,
    state: &Value,
    answer: &RegisterPublicKeyCredential,
) -> Result<Passkey, SecondFactorError> {
    let state: PasskeyRegistration = from_json(state)?;
    party
        .finish_passkey_registration(answer, &state)
        .map_err(|error| theirs(&error))
}

/// # Errors
/// A fault of ours.
pub fn ask_for_proof(party: &Webauthn, known: &[Passkey]) -> Result<Asked, SecondFactorError> {
    let asked = party.start_passkey_authentication(known);
    let (options, state) = asked.map_err(|error| ours(&error))?;
    Ok(Asked {
        options: as_json(&options)?["publicKey"].take(),
        state: as_json(&state)?,
    })
}

/// The passkey that was shown, by its id, and how to bring what is stored of it up to date.
///
/// # Errors
/// [`SecondFactorError::WrongProof`] where it is no answer to what was asked, or its counter went back: then there are two of it.
pub fn shown(
    party: &Webauthn,
    state: &Value,
    answer: &PublicKeyCredential,
) -> Result<webauthn_rs::prelude::AuthenticationResult, SecondFactorError> {
    let state: PasskeyAuthentication = from_json(state)?;
    let result = party.finish_passkey_authentication(answer, &state);
    let result = result.map_err(|error| theirs(&error))?;
    if result.user_verified() {
        Ok(result)
    } else {
        Err(SecondFactorError::WrongProof)
    }
}

pub fn as_json(value: &impl Serialize) -> Result<Value, SecondFactorError> {
    serde_json::to_value(value).map_err(|error| SecondFactorError::Unreadable(error.to_string()))
}

pub fn from_json<T: DeserializeOwned>(value: &Value) -> Result<T, SecondFactorError> {
    T::deserialize(value).map_err(|error| SecondFactorError::Unreadable(error.to_string()))
}

fn ours(error: &WebauthnError) -> SecondFactorError {
    SecondFactorError::Unreadable(error.to_string())
}

/// Which rule it broke helps whoever looks into it, and nobody else.
fn theirs(error: &WebauthnError) -> SecondFactorError {
    tracing::info!(%error, "a passkey was refused");
    SecondFactorError::WrongProof
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_the_first_origin_with_a_domain_and_for_all_origins_on_it() {
        let party = |origins: &[&str]| {
            let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
            relying_party(&origins).map(|party| {
                let mut allowed: Vec<String> = party
                    .get_allowed_origins()
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                allowed.dedup();
                allowed
            })
        };
        assert_eq!(
            party(&[
                "http://127.0.0.1:7400",
                "http://localhost:7400",
                "http://localhost:7402"
            ]),
            Some(vec![
                "http://localhost:7400/".to_owned(),
                "http://localhost:7402/".to_owned()
            ])
        );
        assert_eq!(
            party(&["https://shop.example", "https://other.example"]),
            Some(vec!["https://shop.example/".to_owned()])
        );
        assert_eq!(party(&["http://127.0.0.1:7400", "http://[::1]:7400"]), None);
        assert_eq!(party(&[]), None);
    }
}
