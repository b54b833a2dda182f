//! What the shop signs: guest cookies, the keys in order links, and the names under which networks are counted.
//!
//! Both come from one configured secret, by keys of their own that are made of it (HMAC-SHA-256 over the purpose's name), so
//! neither signature is ever taken for the other. Two secrets may be configured at once: the current one signs, both are
//! known. Signatures name their secret by an id, so that rotating it needs no guessing.
//!
//! The cookie is `{owner}.{expires}.{id}.{signature}`: whoever shows it before it expires (unix seconds) is that guest. The
//! key of an order's link is `{id}.{signature}` over the order's id; that id has the time in it (UUID version 7), and the link
//! opens the order for 400 days. Networks are counted under names that a third key makes of their addresses. A fourth
//! signs the cookies of known browsers ([`crate::browser`]).
//!
//! Releases up to 0019 signed with the secret itself: cookies `{owner}.{signature}` over the owner, links `{signature}` over `order:{order}`.
//! Both are still known, or the upgrade would take every guest's cart and orders away: browsers keep such a cookie until they are given
//! another one, for at most 400 days, and a link lives as long as any other. After that time this can go.
//!
//! A fifth hashes the e-mail addresses of those who use a discount code ([`AddressMac`]), with the current secret alone: after a
//! rotation addresses that used a code before are not known again.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use crate::cookie::GUEST_LIFE;
use crate::store::now;

/// What binaries sign with under `--dev` when nothing else is configured; refused without it.
pub const DEVELOPMENT_KEY: &str = "cartwright-development-only-guest-cookie-key";

/// As long as the digest: a shorter key weakens it.
const SHORTEST_KEY: usize = 32;

/// How long the link of an order opens it. What a guest's order is kept for is a little longer (`read_model::life`).
pub const ORDER_LINK_LIFE: Duration = Duration::from_hours(400 * 24);

/// Letters of a secret's id.
const ID_LETTERS: usize = 8;

/// Signs guest cookies and order links, and knows the signatures of two secrets again.
#[derive(Clone)]
pub struct GuestKey {
    current: Keys,
    previous: Option<Keys>,
}

/// What is made of one secret.
#[derive(Clone)]
struct Keys {
    id: String,
    /// The secret itself, for what releases up to 0019 signed. Nothing new is signed with it.
    legacy: Hmac<Sha256>,
    guests: Hmac<Sha256>,
    orders: Hmac<Sha256>,
    networks: Hmac<Sha256>,
    addresses: Hmac<Sha256>,
    browsers: Hmac<Sha256>,
}

#[derive(Debug, thiserror::Error)]
#[error("the key that signs guest cookies has fewer than {SHORTEST_KEY} bytes")]
pub struct WeakKey;

impl GuestKey {
    pub fn parse(key: &SecretString) -> Result<Self, WeakKey> {
        Ok(Self {
            current: Keys::of(key)?,
            previous: None,
        })
    }

    /// Also knows what the secret before signed. An empty one is none.
    pub fn and_previous(self, key: Option<&SecretString>) -> Result<Self, WeakKey> {
        let given = key.filter(|key| !key.expose_secret().is_empty());
        Ok(Self {
            previous: given.map(Keys::of).transpose()?,
            ..self
        })
    }

    pub(crate) fn sign(&self, owner: Uuid) -> String {
        self.sign_until(owner, now().saturating_add(GUEST_LIFE.as_secs()))
    }

    fn sign_until(&self, owner: Uuid, expires: u64) -> String {
        let Keys { id, guests, .. } = &self.current;
        let signed = format!("{owner}.{expires}.{id}");
        let signature = signature(guests, &signed);
        format!("{signed}.{signature}")
    }

    /// The guest that a cookie names, if one of the keys signed it and it has not expired. Compared in constant time.
    pub(crate) fn verify(&self, cookie: &str) -> Option<Uuid> {
        let (signed, signature) = cookie.rsplit_once('.')?;
        if !signed.contains('.') {
            return self.verify_legacy(signed, signature);
        }
        let mut parts = signed.split('.');
        let (owner, expires, id) = (parts.next()?, parts.next()?, parts.next()?);
        let keys = self.known(id)?;
        let is_whole = parts.next().is_none() && verifies(&keys.guests, signed, signature);
        let expires: u64 = expires.parse().ok().filter(|_| is_whole)?;
        (now() < expires).then(|| Uuid::try_parse(owner).ok())?
    }

    /// Whoever shows such a cookie gets one of today's with their new session: Redis knows no session that came with it.
    fn verify_legacy(&self, owner: &str, signature: &str) -> Option<Uuid> {
        let signed = self.both().any(|keys| verifies(&keys.legacy, owner, signature));
        signed.then(|| Uuid::try_parse(owner).ok())?
    }

    /// The key in the link of an order. It opens that order without a session.
    pub fn order_key(&self, order: Uuid) -> String {
        let Keys { id, orders, .. } = &self.current;
        format!("{id}.{}", signature(orders, &order.to_string()))
    }

    /// Whether `key` is the one in the link of this order, and the link has not expired. Compared in constant time.
    pub fn opens_order(&self, order: Uuid, key: &str) -> bool {
        self.opens_order_at(order, key, now())
    }

    fn opens_order_at(&self, order: Uuid, key: &str, now: u64) -> bool {
        let placed = order.get_timestamp().map(|placed| placed.to_unix().0);
        let lives = placed.is_some_and(|placed| now < placed.saturating_add(ORDER_LINK_LIFE.as_secs()));
        lives
            && match key.split_once('.') {
                Some((id, signature)) => self
                    .known(id)
                    .is_some_and(|keys| verifies(&keys.orders, &order.to_string(), signature)),
                None => self
                    .both()
                    .any(|keys| verifies(&keys.legacy, &format!("order:{order}"), key)),
            }
    }

    /// What a network is called where it is counted: who does not have the key cannot find its addresses by trying all there are.
    pub fn name_of_network(&self, network: IpAddr) -> String {
        signature(&self.current.networks, &network.to_string())
    }

    /// Hashes an address, in the one form that all its spellings have, for one discount code after another.
    pub fn address_mac(&self, address: &str) -> AddressMac {
        AddressMac(mac(&self.current.addresses, &format!("{address}\0")))
    }

    /// `{name}.{id}.{signature}`
    pub(crate) fn sign_browser(&self, name: &str) -> String {
        let Keys { id, browsers, .. } = &self.current;
        let signed = format!("{name}.{id}");
        let signature = signature(browsers, &signed);
        format!("{signed}.{signature}")
    }

    /// The name that was signed, if one of the keys signed it. Compared in constant time.
    pub(crate) fn verify_browser<'v>(&self, value: &'v str) -> Option<&'v str> {
        let (signed, signature) = value.rsplit_once('.')?;
        let (name, id) = signed.rsplit_once('.')?;
        let keys = self.known(id)?;
        verifies(&keys.browsers, signed, signature).then_some(name)
    }

    /// The id is no secret.
    fn known(&self, id: &str) -> Option<&Keys> {
        self.both().find(|keys| keys.id == id)
    }

    fn both(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl Keys {
    fn of(secret: &SecretString) -> Result<Self, WeakKey> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < SHORTEST_KEY {
            return Err(WeakKey);
        }
        let secret: Hmac<Sha256> = Hmac::new_from_slice(bytes).map_err(|_| WeakKey)?;
        let derived = |purpose: &str| {
            let key = mac(&secret, purpose).finalize().into_bytes();
            Hmac::new_from_slice(&key).map_err(|_| WeakKey)
        };
        let mut id = signature(&secret, "cartwright key id");
        id.truncate(ID_LETTERS);
        Ok(Self {
            id,
            guests: derived("cartwright guest cookies")?,
            orders: derived("cartwright order links")?,
            networks: derived("cartwright networks")?,
            addresses: derived("cartwright discount code addresses")?,
            browsers: derived("cartwright known browsers")?,
            legacy: secret,
        })
    }
}

fn mac(key: &Hmac<Sha256>, text: &str) -> Hmac<Sha256> {
    let mut mac = key.clone();
    mac.update(text.as_bytes());
    mac
}

fn signature(key: &Hmac<Sha256>, text: &str) -> String {
    URL_SAFE_NO_PAD.encode(mac(key, text).finalize().into_bytes())
}

fn verifies(key: &Hmac<Sha256>, text: &str, signature: &str) -> bool {
    let mut decoded = [0; 32];
    URL_SAFE_NO_PAD
        .decode_slice(signature, &mut decoded)
        .is_ok_and(|length| mac(key, text).verify_slice(&decoded[..length]).is_ok())
}

/// An e-mail address that is to be hashed for a discount code. Of two codes, nobody can tell whether one address used both.
#[derive(Clone)]
pub struct AddressMac(Hmac<Sha256>);

impl AddressMac {
    /// The first half of the digest, as a UUID.
    pub fn for_code(&self, code: &str) -> Uuid {
        let mut mac = self.0.clone();
        mac.update(code.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut half = [0; 16];
        half.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        uuid::Builder::from_custom_bytes(half).into_uuid()
    }
}

impl fmt::Debug for AddressMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressMac(personal data)")
    }
}

impl fmt::Debug for GuestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuestKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANOTHER: &str = "another-key-that-is-also-long-enough-to-sign";

    fn key(text: &str) -> GuestKey {
        GuestKey::parse(&text.into()).unwrap()
    }

    /// `new` signs, and what `old` signed is known.
    fn rotated(new: &str, old: &str) -> GuestKey {
        key(new).and_previous(Some(&old.into())).unwrap()
    }

    #[test]
    fn a_signed_cookie_names_its_guest() {
        let owner = Uuid::new_v4();
        let key = key(DEVELOPMENT_KEY);
        assert_eq!(key.verify(&key.sign(owner)), Some(owner));
    }

    #[test]
    fn a_cookie_that_has_expired_names_nobody() {
        let owner = Uuid::new_v4();
        let key = key(DEVELOPMENT_KEY);
        assert_eq!(key.verify(&key.sign_until(owner, now() - 1)), None);
        let signed = key.sign_until(owner, 1_700_000_000);
        let later = signed.replace("1700000000", "9700000000");
        assert_eq!(key.verify(&later), None, "its end is signed");
    }

    /// Whoever changes how signatures are made signs every guest out.
    #[test]
    fn the_signatures_are_those_that_were_agreed() {
        // Made with Python's `hmac`, from this key and the purposes' names.
        let id = Uuid::try_parse("0196f8a0-1111-7222-8333-444455556666").unwrap();
        let key = key(DEVELOPMENT_KEY);
        assert_eq!(key.sign_until(id, 1_800_000_000), AGREED_COOKIE);
        assert_eq!(key.order_key(id), AGREED_LINK);
    }

    const AGREED_COOKIE: &str = "0196f8a0-1111-7222-8333-444455556666.1800000000.BJXDKazN.tFuZ3Tv0vBVaLP3L4wwrWNiI0BCrWlIJubIDnO6_4n8";
    const AGREED_LINK: &str = "BJXDKazN.mfeP7X76dnj8jTi9oo-vb342pQjOG9nVsb9UklGuL1M";

    /// As `printf %s TEXT | openssl dgst -sha256 -hmac KEY -binary | basenc --base64url` signs, which releases up to 0019 did.
    const LEGACY_COOKIE: &str =
        "0196f8a0-1111-7222-8333-444455556666.SGmrQXSVGwEPP0lG3kfzn0OsLZyjU3TS5jQAT_wDLzs";
    const LEGACY_LINK: &str = "moRtW35-pQnAIyHEoG8p7ZCIyYCKt4z4GKRbALzP6Oc";

    #[test]
    fn what_releases_up_to_0019_signed_is_known_with_either_secret() {
        let id = Uuid::try_parse("0196f8a0-1111-7222-8333-444455556666").unwrap();
        let (placed, _) = id.get_timestamp().unwrap().to_unix();
        let life = ORDER_LINK_LIFE.as_secs();
        for key in [key(DEVELOPMENT_KEY), rotated(ANOTHER, DEVELOPMENT_KEY)] {
            assert_eq!(key.verify(LEGACY_COOKIE), Some(id));
            assert!(key.opens_order_at(id, LEGACY_LINK, placed));
            assert!(key.opens_order_at(id, LEGACY_LINK, placed + life - 1));
            assert!(
                !key.opens_order_at(id, LEGACY_LINK, placed + life),
                "as old as any link gets"
            );
        }
        let other = key(ANOTHER);
        assert_eq!(other.verify(LEGACY_COOKIE), None);
        assert!(!other.opens_order_at(id, LEGACY_LINK, placed));
    }

    #[test]
    fn what_releases_up_to_0019_signed_is_of_one_guest_and_one_order_alone() {
        let key = key(DEVELOPMENT_KEY);
        let (id, other) = (
            Uuid::try_parse("0196f8a0-1111-7222-8333-444455556666").unwrap(),
            Uuid::try_parse("0196f8a0-1111-7222-8333-444455556667").unwrap(),
        );
        let (placed, _) = id.get_timestamp().unwrap().to_unix();
        let (_, of_guest) = LEGACY_COOKIE.split_once('.').unwrap();
        assert!(!key.opens_order_at(other, LEGACY_LINK, placed));
        assert!(!key.opens_order_at(id, of_guest, placed));
        for cookie in [
            format!("{other}.{of_guest}"),
            format!("{id}.{LEGACY_LINK}"),
            format!("order:{id}.{LEGACY_LINK}"),
            format!("{id}.{}", &of_guest[1..]),
        ] {
            assert_eq!(key.verify(&cookie), None, "{cookie}");
        }
    }

    #[test]
    fn a_network_has_one_name_and_nobody_finds_it_without_the_key() {
        let (ours, theirs) = (
            key(DEVELOPMENT_KEY),
            key("another-key-that-is-long-enough-to-sign"),
        );
        let network = |number| IpAddr::from([203, 0, 113, number]);
        assert_eq!(ours.name_of_network(network(9)), ours.name_of_network(network(9)));
        assert_ne!(ours.name_of_network(network(9)), ours.name_of_network(network(8)));
        assert_ne!(
            ours.name_of_network(network(9)),
            theirs.name_of_network(network(9))
        );
    }

    #[test]
    fn an_address_has_one_hash_for_each_code_and_key() {
        let ada = key(DEVELOPMENT_KEY).address_mac("ada@example.org");
        let hash = ada.for_code("SPRING-10");
        assert_eq!(hash, ada.for_code("SPRING-10"));
        assert_eq!(hash.get_version_num(), 8);
        let others = [
            ada.for_code("SUMMER-10"),
            key(DEVELOPMENT_KEY)
                .address_mac("bob@example.org")
                .for_code("SPRING-10"),
            key(&"k".repeat(32))
                .address_mac("ada@example.org")
                .for_code("SPRING-10"),
        ];
        assert!(!others.contains(&hash));
    }

    #[test]
    fn a_tampered_cookie_names_nobody() {
        let owner = Uuid::new_v4();
        let key = key(DEVELOPMENT_KEY);
        let signed = key.sign(owner);
        let (_, rest) = signed.split_once('.').unwrap();
        let short = &signed[..signed.len() - 2];
        for forged in [
            format!("{}.{rest}", Uuid::new_v4()),
            owner.to_string(),
            short.into(),
            format!("{owner}."),
            format!("{owner}...."),
            format!("{signed}."),
        ] {
            assert_eq!(key.verify(&forged), None, "{forged}");
        }
    }

    #[test]
    fn another_key_knows_nobody_and_opens_nothing() {
        let order = Uuid::now_v7();
        let other = key(ANOTHER);
        assert_eq!(other.verify(&key(DEVELOPMENT_KEY).sign(order)), None);
        assert!(!other.opens_order(order, &key(DEVELOPMENT_KEY).order_key(order)));
    }

    #[test]
    fn two_keys_at_once_the_new_one_signs_and_both_are_known() {
        let (owner, order) = (Uuid::new_v4(), Uuid::now_v7());
        let (old, new, both) = (
            key(DEVELOPMENT_KEY),
            key(ANOTHER),
            rotated(ANOTHER, DEVELOPMENT_KEY),
        );
        assert_eq!(both.verify(&old.sign(owner)), Some(owner));
        assert!(both.opens_order(order, &old.order_key(order)));
        assert_eq!(new.verify(&both.sign(owner)), Some(owner));
        assert!(new.opens_order(order, &both.order_key(order)));
        assert_eq!(old.verify(&both.sign(owner)), None);
        assert!(!old.opens_order(order, &both.order_key(order)));
        let done = key(ANOTHER).and_previous(Some(&"".into())).unwrap();
        assert_eq!(done.verify(&old.sign(owner)), None, "an empty one is none");
        assert!(key(ANOTHER).and_previous(Some(&"short".into())).is_err());
    }

    #[test]
    fn the_key_of_an_order_opens_that_order_alone() {
        let (order, other) = (Uuid::now_v7(), Uuid::now_v7());
        let key = key(DEVELOPMENT_KEY);
        let link = key.order_key(order);
        assert_eq!(link.len(), ID_LETTERS + 1 + 43);
        assert!(key.opens_order(order, &link));
        assert!(!key.opens_order(other, &link));
    }

    #[test]
    fn the_link_of_an_order_opens_it_for_400_days() {
        let key = key(DEVELOPMENT_KEY);
        let placed = Uuid::now_v7();
        let (at, _) = placed.get_timestamp().unwrap().to_unix();
        let link = key.order_key(placed);
        let life = ORDER_LINK_LIFE.as_secs();
        assert!(key.opens_order_at(placed, &link, at + life - 1));
        assert!(!key.opens_order_at(placed, &link, at + life));
        // Of an id without a time nobody knows how old it is.
        let timeless = Uuid::new_v4();
        assert!(!key.opens_order(timeless, &key.order_key(timeless)));
    }

    #[test]
    fn a_tampered_key_opens_nothing() {
        let order = Uuid::now_v7();
        let key = key(DEVELOPMENT_KEY);
        let link = key.order_key(order);
        let (id, signature) = link.split_once('.').unwrap();
        let swapped = if signature.starts_with('A') { "B" } else { "A" };
        for forged in [
            format!("{id}.{swapped}{}", &signature[1..]),
            link[..link.len() - 1].to_owned(),
            format!("{link}A"),
            format!("{link}="),
            link.repeat(2),
            signature.to_owned(),
            format!(".{signature}"),
            String::new(),
            "ä".to_owned(),
        ] {
            assert!(!key.opens_order(order, &forged), "{forged}");
        }
    }

    /// Whoever knows one of the two for an id has not got the other.
    #[test]
    fn a_guest_cookie_opens_no_order_and_the_key_of_an_order_names_no_guest() {
        let id = Uuid::now_v7();
        let key = key(DEVELOPMENT_KEY);
        let signed = key.sign(id);
        let (signed, signature) = signed.rsplit_once('.').unwrap();
        let (_, kid) = signed.rsplit_once('.').unwrap();
        assert!(!key.opens_order(id, &format!("{kid}.{signature}")));
        let link = key.order_key(id);
        let expires = now() + 1_000;
        for cookie in [format!("{id}.{link}"), format!("{id}.{expires}.{link}")] {
            assert_eq!(key.verify(&cookie), None, "{cookie}");
        }
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_is_ever_shown() {
        assert!(GuestKey::parse(&"short".into()).is_err());
        assert_eq!(format!("{:?}", key(DEVELOPMENT_KEY)), "GuestKey(secret)");
    }
}
