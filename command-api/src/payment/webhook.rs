//! What a provider sends by itself, and whether it was the provider: Stripe's signature, in both directions.
//!
//! `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>…][,v0=…]`, where a `v1` is the HMAC-SHA256 of `{t}.{raw body}`. The
//! gateways verify with it, the sandbox signs with it.

use domain::Line;
use domain::payment::Reference;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::gateway::metadata;

/// How far a webhook's time may be from ours, either way: a recorded one is worth nothing later.
const TOLERANCE: Duration = Duration::seconds(300);

/// What happened, in the provider's words. Only whose business it is counts; the truth is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The same however often the provider sends it.
    pub event_id: String,
    /// Such as `payment_intent.succeeded`.
    pub kind: String,
    /// Nothing when it is about something that we did not ask for.
    pub payment: Option<Uuid>,
    /// Set when it is about a refund.
    pub refund: Option<Uuid>,
    /// The charge that it is about: `pi_…`.
    pub reference: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("the signature is not of the form t=…,v1=…")]
    Header,
    #[error("no signature matches the body")]
    Signature,
    #[error("the signature's time is more than {} s away", TOLERANCE.whole_seconds())]
    Time,
    #[error("the body is not an event")]
    Body,
}

/// The secrets that a provider may sign with: two while one replaces the other.
#[derive(Clone)]
pub struct WebhookSecrets(Vec<SecretString>);

impl WebhookSecrets {
    pub fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets)
    }

    /// # Errors
    /// Whoever did not send it as it is, with one of the secrets, about now.
    pub fn verify(&self, body: &[u8], header: &str, now: OffsetDateTime) -> Result<Notice, WebhookError> {
        let Header { time, signatures } = Header::parse(header).ok_or(WebhookError::Header)?;
        let is_signed = self.0.iter().any(|secret| {
            let expected = signature(secret, time, body);
            signatures
                .iter()
                .any(|given| bool::from(expected[..].ct_eq(given)))
        });
        if !is_signed {
            return Err(WebhookError::Signature);
        }
        let age = now.unix_timestamp().saturating_sub(time).unsigned_abs();
        if age > TOLERANCE.whole_seconds().unsigned_abs() {
            return Err(WebhookError::Time);
        }
        Notice::parse(body).ok_or(WebhookError::Body)
    }
}

/// The header of a webhook that is sent now, as the sandbox sends it: signed with the first secret.
pub fn sign(secrets: &WebhookSecrets, body: &[u8], now: OffsetDateTime) -> String {
    let time = now.unix_timestamp();
    let signed = secrets.0.first().map(|secret| signature(secret, time, body));
    format!("t={time},v1={}", hex::encode(signed.unwrap_or_default()))
}

fn signature(secret: &SecretString, time: i64, body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

struct Header {
    time: i64,
    /// Every `v1`; other schemes are none of our business, and what is no signature matches nothing.
    signatures: Vec<Vec<u8>>,
}

impl Header {
    fn parse(header: &str) -> Option<Self> {
        let mut time = None;
        let mut signatures = vec![];
        for part in header.split(',') {
            match part.trim().split_once('=')? {
                ("t", seconds) if time.is_none() => time = Some(seconds.parse().ok()?),
                ("t", _) => return None,
                ("v1", text) => signatures.extend(hex::decode(text)),
                _ => {}
            }
        }
        let time = time?;
        Some(Self { time, signatures })
    }
}

impl Notice {
    fn parse(body: &[u8]) -> Option<Self> {
        let event: Value = serde_json::from_slice(body).ok()?;
        let object = &event["data"]["object"];
        let named = |key| Uuid::try_parse(object["metadata"][key].as_str()?).ok();
        let reference = match object["object"].as_str() {
            Some("payment_intent") => &object["id"],
            // A charge and a refund name the intent that they belong to.
            Some(_) | None => &object["payment_intent"],
        };
        Some(Self {
            event_id: Reference::parse(event["id"].as_str()?).ok()?.into(),
            kind: Line::<100>::parse(event["type"].as_str()?).ok()?.into(),
            payment: named(metadata::PAYMENT),
            refund: named(metadata::REFUND),
            reference: reference
                .as_str()
                .and_then(|reference| Reference::parse(reference).ok())
                .map(String::from),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_533_204_620;

    /// Byte by byte as in the tests of Stripe's own library for .NET, with the signature that stands there.
    const PUBLISHED: &str = r#"{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "cus_123",
      "object": "customer",
      "created": 123456789,
      "email": "test@stripe.com",
      "livemode": false,
      "metadata": {}
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "customer.created"
}
"#;
    const PUBLISHED_V1: &str = "2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7";
    const V0: &str = "63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef";

    fn secrets(secrets: &[&str]) -> WebhookSecrets {
        WebhookSecrets::new(secrets.iter().map(|secret| (*secret).into()).collect())
    }

    fn at(unix: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(unix).unwrap()
    }

    fn verified(header: &str) -> Result<String, WebhookError> {
        let notice = secrets(&["webhook_secret"]).verify(PUBLISHED.as_bytes(), header, at(NOW))?;
        Ok(notice.event_id)
    }

    #[test]
    fn the_published_signature_is_accepted() {
        let header = format!("t={NOW},v1={PUBLISHED_V1},v0={V0}");
        assert_eq!(verified(&header).as_deref(), Ok("evt_123"));
        assert_eq!(
            sign(&secrets(&["webhook_secret"]), PUBLISHED.as_bytes(), at(NOW)),
            format!("t={NOW},v1={PUBLISHED_V1}")
        );
    }

    #[test]
    fn any_of_several_signatures_is_enough_wherever_it_stands() {
        let wrong = "00".repeat(32);
        for header in [
            format!("t={NOW},v1={PUBLISHED_V1},v1={wrong}"),
            format!("t={NOW},v1={wrong},v1={PUBLISHED_V1}"),
            format!("v1={wrong},v1={PUBLISHED_V1},t={NOW}"),
            format!("t={NOW}, v1=nonsense, v1={PUBLISHED_V1}, v2=x"),
        ] {
            assert_eq!(verified(&header).as_deref(), Ok("evt_123"), "{header}");
        }
    }

    #[test]
    fn either_secret_is_accepted_while_one_replaces_the_other() {
        let both = secrets(&["whsec_new", "whsec_old"]);
        for secret in ["whsec_new", "whsec_old"] {
            let header = sign(&secrets(&[secret]), PUBLISHED.as_bytes(), at(NOW));
            assert!(
                both.verify(PUBLISHED.as_bytes(), &header, at(NOW)).is_ok(),
                "{secret}"
            );
        }
        let other = sign(&secrets(&["whsec_other"]), PUBLISHED.as_bytes(), at(NOW));
        assert_eq!(
            both.verify(PUBLISHED.as_bytes(), &other, at(NOW)),
            Err(WebhookError::Signature)
        );
        assert_eq!(
            secrets(&[]).verify(PUBLISHED.as_bytes(), &other, at(NOW)),
            Err(WebhookError::Signature)
        );
    }

    #[test]
    fn a_time_more_than_five_minutes_away_is_refused_either_way() {
        let header = format!("t={NOW},v1={PUBLISHED_V1}");
        let verify = |now| secrets(&["webhook_secret"]).verify(PUBLISHED.as_bytes(), &header, at(now));
        for near in [NOW - 300, NOW + 300] {
            assert!(verify(near).is_ok(), "{near}");
        }
        for far in [NOW - 301, NOW + 301] {
            assert_eq!(verify(far), Err(WebhookError::Time), "{far}");
        }
    }

    #[test]
    fn a_body_or_a_time_that_was_altered_is_refused() {
        let header = format!("t={NOW},v1={PUBLISHED_V1}");
        let altered = PUBLISHED.replace("cus_123", "cus_124");
        // Parsed and written again it means the same, and is not what was signed.
        let value: Value = serde_json::from_str(PUBLISHED).unwrap();
        for body in [altered, value.to_string(), PUBLISHED.trim_end().to_owned()] {
            let verified = secrets(&["webhook_secret"]).verify(body.as_bytes(), &header, at(NOW));
            assert_eq!(verified, Err(WebhookError::Signature));
        }
        let later = format!("t={},v1={PUBLISHED_V1}", NOW + 1);
        assert_eq!(verified(&later), Err(WebhookError::Signature));
    }

    #[test]
    fn the_older_scheme_and_shortened_signatures_count_for_nothing() {
        for header in [
            format!("t={NOW},v0={PUBLISHED_V1}"),
            format!("t={NOW},v1={}", &PUBLISHED_V1[..62]),
            format!("t={NOW},v1="),
            format!("t={NOW}"),
        ] {
            assert_eq!(verified(&header), Err(WebhookError::Signature), "{header}");
        }
    }

    #[test]
    fn a_header_that_is_none_is_named_as_such() {
        for header in [
            "",
            "garbage",
            "t=,v1=00",
            "t=yesterday,v1=00",
            &format!("v1={PUBLISHED_V1}"),
            &format!("t={NOW},t={NOW},v1={PUBLISHED_V1}"),
            "t=99999999999999999999,v1=00",
        ] {
            assert_eq!(verified(header), Err(WebhookError::Header), "{header:?}");
        }
    }

    #[test]
    fn a_signed_body_that_is_no_event_is_refused() {
        let secrets = secrets(&["whsec"]);
        for body in ["", "{", "{}", r#"{"id":"evt_1"}"#, "null"] {
            let header = sign(&secrets, body.as_bytes(), at(NOW));
            assert_eq!(
                secrets.verify(body.as_bytes(), &header, at(NOW)),
                Err(WebhookError::Body),
                "{body:?}"
            );
        }
    }

    #[test]
    fn a_notice_names_the_payment_the_refund_and_the_charge() {
        let (payment, refund) = (Uuid::now_v7(), Uuid::now_v7());
        let body = serde_json::json!({
            "id": "evt_1", "type": "refund.failed",
            "data": { "object": {
                "id": "re_1", "object": "refund", "payment_intent": "pi_1",
                "metadata": { "payment": payment, "refund": refund },
            } },
        });
        let notice = Notice::parse(body.to_string().as_bytes()).unwrap();
        assert_eq!((notice.payment, notice.refund), (Some(payment), Some(refund)));
        assert_eq!(notice.reference.as_deref(), Some("pi_1"));
    }
}
