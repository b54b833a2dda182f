//! Sessions against a real Redis, each test under a prefix of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

use std::collections::HashSet;
use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use secrecy::SecretString;
use session::{
    ApiKeys, Attempts, CookieKind, DEVELOPMENT_KEY, GuestKey, MOST_SESSIONS, Member, PublishedKey, Quota,
    Resolved, Role, Roles, Session, Sessions, Shopper,
};
use sha2::{Digest, Sha256};
use test_proxy::Proxy;
use uuid::Uuid;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

struct Shop {
    sessions: Sessions,
    redis: MultiplexedConnection,
    prefix: String,
}

impl Shop {
    async fn who(&self, cookies: &str) -> Option<Shopper> {
        match self.sessions.resolve(cookies).await.unwrap() {
            Resolved::Known(shopper) => shopper,
            Resolved::Unconfirmed(claim) => panic!("Redis was told nothing of {claim:?}"),
        }
    }
}

async fn shop() -> Shop {
    let url = redis_url();
    let prefix = format!("test:{}:", Uuid::new_v4());
    let redis = redis::Client::open(url.as_str())
        .unwrap()
        .get_multiplexed_async_connection()
        .await;
    let redis = redis.unwrap_or_else(|error| panic!("no Redis at {url}: {error}; use ./dev test"));
    let sessions = Sessions::connect(&url, &prefix, CookieKind::Development, key(DEVELOPMENT_KEY)).unwrap();
    Shop {
        sessions,
        redis,
        prefix,
    }
}

fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL is not set: start the services with ./dev test")
}

fn key(text: &str) -> GuestKey {
    GuestKey::parse(&SecretString::from(text)).unwrap()
}

/// What a browser sends back for what it was told to keep.
fn cookie_header(set_cookies: &[String]) -> String {
    let pairs: Vec<&str> = set_cookies
        .iter()
        .map(|set| set.split(';').next().unwrap())
        .collect();
    pairs.join("; ")
}

#[tokio::test]
async fn an_issued_session_names_its_owner() {
    let mut shop = shop().await;
    let owner = Sessions::new_guest();
    let issued = shop.sessions.issue(owner).await.unwrap();
    let cookies = cookie_header(&issued);
    assert_eq!(shop.who(&cookies).await, Some(Shopper::InSession(owner)));

    // Nobody reads an id in Redis, nor in what it saves.
    let id = issued[0].split(['=', ';']).nth(1).unwrap();
    let key = format!("{}session:{}", shop.prefix, hex::encode(Sha256::digest(id)));
    assert_eq!(shop.sessions.key_of(&cookies).as_ref(), Some(&key));
    let stored: serde_json::Value =
        serde_json::from_str(&shop.redis.get::<_, String>(&key).await.unwrap()).unwrap();
    assert_eq!(stored["owner"], owner.to_string());
    assert_eq!(stored["kind"], "guest");
    let life: u64 = shop.redis.ttl(&key).await.unwrap();
    // Anybody has as many as they like: what nobody uses goes soon, and the signed cookie says who it was.
    assert!(life > HOUR && life <= 2 * HOUR, "{life}");
}

#[tokio::test]
async fn the_id_of_a_session_has_256_random_bits() {
    use base64::Engine;
    let shop = shop().await;
    let (mut ids, mut ever, mut always) = (HashSet::new(), [0; 32], [0xff; 32]);
    for _ in 0..1000 {
        let issued = shop.sessions.issue(Sessions::new_guest()).await.unwrap();
        let id = issued[0].split(['=', ';']).nth(1).unwrap();
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id);
        let bytes: [u8; 32] = bytes.unwrap().try_into().unwrap();
        for (index, byte) in bytes.into_iter().enumerate() {
            ever[index] |= byte;
            always[index] &= byte;
        }
        assert!(ids.insert(bytes), "{id} was given twice");
    }
    // No bit is the same in all: by chance that happens once in 2^990 runs.
    assert_eq!((ever, always), ([0xff; 32], [0; 32]));
}

#[tokio::test]
async fn a_lost_session_leaves_the_guest() {
    let mut shop = shop().await;
    let owner = Sessions::new_guest();
    let cookies = cookie_header(&shop.sessions.issue(owner).await.unwrap());
    let key = shop.sessions.key_of(&cookies).unwrap();
    let () = shop.redis.del(&key).await.unwrap();
    assert_eq!(shop.who(&cookies).await, Some(Shopper::Guest(owner)));
}

/// What was looked up is kept, but no longer than Redis says: well before it would be forgotten by itself.
#[tokio::test]
async fn a_session_that_ends_elsewhere_is_soon_unknown_here() {
    let mut shop = shop().await;
    let owner = Sessions::new_guest();
    let cookies = cookie_header(&shop.sessions.issue(owner).await.unwrap());
    let key = shop.sessions.key_of(&cookies).unwrap();
    let began = std::time::Instant::now();
    assert_eq!(shop.who(&cookies).await, Some(Shopper::InSession(owner)));
    let () = shop.redis.del(&key).await.unwrap();
    while shop.who(&cookies).await != Some(Shopper::Guest(owner)) {
        assert!(
            began.elapsed() < std::time::Duration::from_secs(3),
            "Redis told nothing"
        );
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_session_wins_over_the_guest_cookie() {
    let shop = shop().await;
    let (mine, other) = (Sessions::new_guest(), Sessions::new_guest());
    let session = shop.sessions.issue(mine).await.unwrap()[0].clone();
    let guest = shop.sessions.issue(other).await.unwrap()[1].clone();
    let cookies = cookie_header(&[guest, session]);
    assert_eq!(shop.who(&cookies).await, Some(Shopper::InSession(mine)));
}

#[tokio::test]
async fn what_was_tampered_with_names_nobody() {
    let mut shop = shop().await;
    let owner = Sessions::new_guest();
    let [session, guest] = shop.sessions.issue(owner).await.unwrap();
    let forged_guest = guest.replacen(&owner.to_string(), &Uuid::new_v4().to_string(), 1);
    let forged_session = format!("session={}", "A".repeat(43));
    for cookies in [
        cookie_header(&[forged_guest]),
        forged_session,
        "session=*; guest=.".into(),
        String::new(),
    ] {
        assert_eq!(shop.who(&cookies).await, None, "{cookies}");
    }

    let other = Sessions::connect(
        &redis_url(),
        &shop.prefix,
        CookieKind::Development,
        key(&"x".repeat(32)),
    )
    .unwrap();
    assert_eq!(
        other.resolve(&cookie_header(&[guest])).await.unwrap(),
        Resolved::Known(None)
    );
    // A key that holds something else is no session either.
    let cookies = cookie_header(&[session]);
    let () = shop
        .redis
        .set(shop.sessions.key_of(&cookies).unwrap(), "{}")
        .await
        .unwrap();
    assert_eq!(shop.who(&cookies).await, None);
}

/// All sessions of an earlier release are lost: Redis has them under other keys.
#[tokio::test]
async fn a_guest_of_an_earlier_release_is_still_that_guest_and_gets_a_cookie_of_today() {
    let shop = shop().await;
    let owner = Uuid::try_parse("0196f8a0-1111-7222-8333-444455556666").unwrap();
    let earlier = format!(
        "session={}; guest={owner}.SGmrQXSVGwEPP0lG3kfzn0OsLZyjU3TS5jQAT_wDLzs",
        "A".repeat(43)
    );
    assert_eq!(shop.who(&earlier).await, Some(Shopper::Guest(owner)));
    let issued = shop.sessions.issue(owner).await.unwrap();
    let [session, guest] = &issued;
    assert_eq!(guest.split(';').next().unwrap().split('.').count(), 4, "{guest}");
    assert_eq!(
        shop.who(&cookie_header(std::slice::from_ref(guest))).await,
        Some(Shopper::Guest(owner))
    );
    assert_eq!(
        shop.who(&cookie_header(std::slice::from_ref(session))).await,
        Some(Shopper::InSession(owner))
    );
}

#[tokio::test]
async fn a_cookie_cannot_name_another_key() {
    let shop = shop().await;
    for id in [
        "",
        "a",
        "../x",
        &"a".repeat(42),
        &format!("{}:", "a".repeat(42)),
        &"ä".repeat(43),
    ] {
        assert_eq!(shop.sessions.key_of(&format!("session={id}")), None, "{id}");
    }
    // The cookie of the other kind of deployment is not ours.
    assert_eq!(
        shop.sessions
            .key_of(&format!("__Host-session={}", "a".repeat(43))),
        None
    );
}

#[tokio::test]
async fn a_guests_session_in_use_is_renewed_now_and_then() {
    let mut shop = shop().await;
    let owner = Sessions::new_guest();
    let cookies = cookie_header(&shop.sessions.issue(owner).await.unwrap());
    let key = shop.sessions.key_of(&cookies).unwrap();

    // Used a moment ago: left alone.
    let () = shop.redis.expire(&key, 1000).await.unwrap();
    shop.who(&cookies).await;
    assert!(shop.redis.ttl::<_, u64>(&key).await.unwrap() <= 1000);

    let created_at = Session::read(&shop.redis.get::<_, Vec<u8>>(&key).await.unwrap())
        .unwrap()
        .created_at;
    let old = format!(
        r#"{{"owner":"{owner}","kind":"guest","created_at":{}}}"#,
        created_at - HOUR
    );
    let () = shop.redis.set_ex(&key, old, 1000).await.unwrap();
    // What is kept in memory is looked at until Redis has said that it is another one now.
    let mut redis = shop.redis.clone();
    let renewing = async {
        while redis.ttl::<_, u64>(&key).await.unwrap() <= HOUR {
            assert_eq!(shop.who(&cookies).await, Some(Shopper::InSession(owner)));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), renewing)
        .await
        .expect("it is renewed");
    let renewed = Session::read(&shop.redis.get::<_, Vec<u8>>(&key).await.unwrap()).unwrap();
    assert_eq!(
        renewed.created_at,
        created_at - HOUR,
        "a renewed session keeps its beginning"
    );

    // Renewed just now: left alone again, as soon as that is known.
    let left_alone = async {
        loop {
            let () = redis.expire(&key, 1000).await.unwrap();
            shop.who(&cookies).await;
            if redis.ttl::<_, u64>(&key).await.unwrap() <= 1000 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), left_alone)
        .await
        .expect("it is left alone");
}

#[tokio::test]
async fn an_expired_session_is_gone() {
    let mut shop = shop().await;
    let [session, _] = shop.sessions.issue(Sessions::new_guest()).await.unwrap();
    let cookies = cookie_header(&[session]);
    let () = shop
        .redis
        .pexpire_at(shop.sessions.key_of(&cookies).unwrap(), 1)
        .await
        .unwrap();
    assert_eq!(shop.who(&cookies).await, None);
}

#[tokio::test]
async fn without_redis_the_answer_is_an_error_and_it_comes_soon() {
    let nobody = "redis://127.0.0.1:1";
    let sessions = Sessions::connect(nobody, "", CookieKind::Development, key(DEVELOPMENT_KEY)).unwrap();
    let cookies = format!("session={}", "a".repeat(43));
    let answer = tokio::time::timeout(std::time::Duration::from_secs(2), sessions.resolve(&cookies)).await;
    assert!(answer.expect("an answer in time").is_err());
}

fn member(account: Uuid, roles: Roles) -> Member {
    Member {
        account,
        roles,
        epoch: 0,
        second_factor: true,
    }
}

/// A session of an account, and the key under which Redis has it.
async fn signed_in(shop: &Shop, account: Uuid, roles: Roles, device: &str) -> (String, String) {
    let member = member(account, roles);
    let set = shop.sessions.sign_in("", member, device).await.unwrap();
    let cookies = cookie_header(&set);
    let key = shop.sessions.key_of(&cookies).unwrap();
    (cookies, key)
}

#[tokio::test]
async fn signing_in_begins_a_session_under_a_new_id_and_ends_the_guests() {
    let shop = shop().await;
    let guest = cookie_header(&shop.sessions.issue(Sessions::new_guest()).await.unwrap());
    let account = Uuid::now_v7();
    let roles = Roles::SHOPPER.with(Role::Staff);
    let set = shop
        .sessions
        .sign_in(&guest, member(account, roles), "Firefox on Linux")
        .await
        .unwrap();
    assert!(set[1].starts_with("guest=; Path=/; Max-Age=0;"), "{}", set[1]);
    let cookies = cookie_header(&set[..1]);
    let found = shop.who(&cookies).await;
    assert_eq!(
        found,
        Some(Shopper::SignedIn {
            account,
            roles,
            withheld: Roles::default(),
            epoch: 0,
        })
    );
    // The guest's session is over; the signed cookie alone would still name the guest.
    let session_alone = guest.split("; ").next().unwrap();
    assert_eq!(shop.who(session_alone).await, None);
    let set = shop.sessions.end(&cookies).await.unwrap();
    assert!(set[0].starts_with("session=; Path=/; Max-Age=0;"), "{}", set[0]);
    assert_eq!(shop.who(&cookies).await, None);
}

#[tokio::test]
async fn a_session_that_was_begun_by_password_alone_withholds_all_roles_but_the_shoppers() {
    let mut shop = shop().await;
    let account = Uuid::now_v7();
    let all = Roles::SHOPPER.with(Role::Staff).with(Role::Ops);
    let alone = Member {
        second_factor: false,
        ..member(account, all)
    };
    let set = shop.sessions.sign_in("", alone, "").await.unwrap();
    let weak = Some(Shopper::SignedIn {
        account,
        roles: Roles::SHOPPER,
        withheld: all.without(Role::Shopper),
        epoch: 0,
    });
    assert_eq!(shop.who(&cookie_header(&set[..1])).await, weak);
    // As releases stored sessions that knew no second factors.
    let (cookies, key) = signed_in(&shop, account, all, "").await;
    let stored: String = shop.redis.get(&key).await.unwrap();
    let earlier = stored.replace(r#","second_factor":true"#, "");
    assert_ne!(stored, earlier);
    let () = shop.redis.set_ex(&key, earlier, 60).await.unwrap();
    assert_eq!(shop.who(&cookies).await, weak);
}

#[tokio::test]
async fn whoever_may_do_more_is_signed_out_sooner_idle_or_not() {
    let mut shop = shop().await;
    let account = Uuid::now_v7();
    let hour = 60 * 60;
    for (roles, idle, in_all) in [
        (Roles::SHOPPER, 30 * DAY, 90 * DAY),
        (Roles::SHOPPER.with(Role::Ops), 12 * hour, 7 * DAY),
    ] {
        let (cookies, key) = signed_in(&shop, account, roles, "").await;
        let life: u64 = shop.redis.ttl(&key).await.unwrap();
        assert!(life > idle - 60 && life <= idle, "{life}");
        let stored: String = shop.redis.get(&key).await.unwrap();
        let mut session: serde_json::Value = serde_json::from_str(&stored).unwrap();
        let now = session["created_at"].as_u64().unwrap();
        for (age, is_good) in [(in_all - hour, true), (in_all + 1, false)] {
            session["created_at"] = (now - age).into();
            let () = shop.redis.set(&key, session.to_string()).await.unwrap();
            assert_eq!(
                Session::read(session.to_string().as_bytes()).is_some(),
                is_good,
                "{age}"
            );
        }
        drop(cookies);
    }
}

#[tokio::test]
async fn an_account_lists_its_sessions_and_ends_one_or_all() {
    let shop = shop().await;
    let (ada, eve) = (Uuid::now_v7(), Uuid::now_v7());
    let (laptop, _) = signed_in(&shop, ada, Roles::SHOPPER, "Firefox on Linux").await;
    let (phone, _) = signed_in(&shop, ada, Roles::SHOPPER, "Safari on iPhone").await;
    let (other, _) = signed_in(&shop, eve, Roles::SHOPPER, "Chrome on Windows").await;
    let listed = shop.sessions.list(ada, 0, &laptop).await.unwrap();
    let devices: Vec<(&str, bool)> = listed
        .iter()
        .map(|it| (it.device.as_str(), it.is_current))
        .collect();
    assert_eq!(devices.len(), 2);
    assert!(devices.contains(&("Firefox on Linux", true)) && devices.contains(&("Safari on iPhone", false)));
    let of_phone = listed.iter().find(|it| !it.is_current).unwrap();
    assert_eq!(
        shop.sessions.by_handle(eve, &of_phone.handle).await.unwrap(),
        None,
        "it is somebody else's"
    );
    let named = shop.sessions.by_handle(ada, &of_phone.handle).await.unwrap();
    assert_eq!(named, shop.sessions.named(&phone).await.unwrap());
    shop.sessions.end_these(named.as_slice()).await.unwrap();
    assert_eq!(shop.who(&phone).await, None);
    assert!(shop.who(&laptop).await.is_some());
    shop.sessions.end_all(ada).await.unwrap();
    assert_eq!(shop.who(&laptop).await, None);
    assert!(shop.who(&other).await.is_some());
    assert_eq!(shop.sessions.list(ada, 0, "").await.unwrap(), []);
}

#[tokio::test]
async fn a_session_of_an_earlier_epoch_is_over_wherever_it_still_lies() {
    let mut shop = shop().await;
    let ada = Uuid::now_v7();
    let (cookies, key) = signed_in(&shop, ada, Roles::SHOPPER, "").await;
    let stored: String = shop.redis.get(&key).await.unwrap();
    shop.sessions.publish_epochs(&[(ada, 1)]).await.unwrap();
    assert_eq!(shop.who(&cookies).await, None);
    assert_eq!(
        shop.sessions.list(ada, 1, "").await.unwrap(),
        [],
        "and is listed no more"
    );
    // What was read before that, and is said late, takes nothing back; nor does the session that comes back.
    shop.sessions.publish_epochs(&[(ada, 0)]).await.unwrap();
    let () = shop.redis.set(&key, stored).await.unwrap();
    assert_eq!(shop.who(&cookies).await, None);
    // Signing in is another matter: that compares with PostgreSQL afterwards.
    let (again, _) = signed_in(&shop, ada, Roles::SHOPPER, "").await;
    assert!(shop.who(&again).await.is_some());
}

#[tokio::test]
async fn what_is_kept_of_a_cookie_header_is_short_and_names_the_same_shopper() {
    let shop = shop().await;
    let guest = cookie_header(&shop.sessions.issue(Sessions::new_guest()).await.unwrap());
    let (account, _) = signed_in(&shop, Uuid::now_v7(), Roles::SHOPPER, "").await;
    let session = account.split("; ").next().unwrap();
    let junk = "x".repeat(30_000);
    for (sent, kept) in [
        (format!("theme={junk}; {guest}; browser={junk}"), &*guest),
        (format!("{account}; theme={junk}"), session),
        (format!("session={junk}; guest={junk}"), ""),
        (format!("theme={junk}"), ""),
    ] {
        let credentials = shop.sessions.credentials(&sent);
        assert_eq!(credentials, kept);
        assert_eq!(shop.who(&credentials).await, shop.who(&sent).await);
    }
}

#[tokio::test]
async fn looking_does_not_keep_a_session_alive() {
    let mut shop = shop().await;
    let ada = Uuid::now_v7();
    let (cookies, key) = signed_in(&shop, ada, Roles::SHOPPER, "").await;
    let stored: String = shop.redis.get(&key).await.unwrap();
    let mut session: serde_json::Value = serde_json::from_str(&stored).unwrap();
    let began = session["created_at"].as_u64().unwrap() - DAY;
    session["created_at"] = began.into();
    session["refreshed_at"] = began.into();
    let () = shop.redis.set_ex(&key, session.to_string(), 1000).await.unwrap();
    let roles = Roles::SHOPPER;
    let found = Some(Shopper::SignedIn {
        account: ada,
        roles,
        withheld: Roles::default(),
        epoch: 0,
    });
    assert_eq!(
        shop.sessions.look(&cookies).await.unwrap(),
        Resolved::Known(found)
    );
    assert!(shop.redis.ttl::<_, u64>(&key).await.unwrap() <= 1000);
    assert_eq!(shop.who(&cookies).await, found);
    assert!(shop.redis.ttl::<_, u64>(&key).await.unwrap() > DAY);
}

#[tokio::test]
async fn an_account_has_so_many_sessions_and_the_oldest_ends() {
    let shop = shop().await;
    let ada = Uuid::now_v7();
    let (mut all, mut names, mut foretold) = (vec![], vec![], vec![]);
    for _ in 0..=MOST_SESSIONS {
        foretold.extend(shop.sessions.ended_by_sign_in("", ada).await.unwrap());
        let (cookies, _) = signed_in(&shop, ada, Roles::SHOPPER, "").await;
        names.extend(shop.sessions.named(&cookies).await.unwrap());
        all.push(cookies);
    }
    let mut alive = vec![];
    for cookies in &all {
        alive.push(shop.who(cookies).await.is_some());
    }
    let ended = alive.iter().filter(|is_alive| !**is_alive).count();
    assert_eq!((ended, alive.last()), (1, Some(&true)), "{alive:?}");
    let over = alive.iter().position(|is_alive| !is_alive).unwrap();
    assert_eq!(foretold, [names[over]], "it can be stored before it ends");
    assert_eq!(shop.sessions.list(ada, 0, "").await.unwrap().len(), MOST_SESSIONS);
}

#[tokio::test]
async fn attempts_are_counted_by_subject_until_the_window_is_over() {
    let shop = shop().await;
    let attempts = Attempts::of(&shop.sessions);
    let quota = Quota {
        name: "tests",
        count: 2,
        window: Duration::from_millis(300),
    };
    for (remaining, is_allowed) in [(1, true), (0, true), (0, false)] {
        let standing = attempts.count(quota, "ada").await.unwrap();
        assert_eq!((standing.remaining, standing.is_allowed), (remaining, is_allowed));
        assert!(standing.resets_in <= quota.window);
    }
    assert!(attempts.count(quota, "eve").await.unwrap().is_allowed);
    // The window ends by Redis's own clock.
    while !attempts.count(quota, "ada").await.unwrap().is_allowed {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_published_key_is_found_until_it_is_forgotten_or_expires() {
    let shop = shop().await;
    let keys = ApiKeys::of(&shop.sessions);
    let (text, hash) = ApiKeys::generate().unwrap();
    let published = |expires_at| PublishedKey {
        id: Uuid::now_v7(),
        account: Uuid::now_v7(),
        role: Role::Shopper,
        expires_at,
    };
    assert_eq!(keys.find(&text).await.unwrap(), None);
    let good = published(i64::MAX);
    keys.publish([(hash, good)]).await.unwrap();
    assert_eq!(keys.find(&text).await.unwrap(), Some(good));
    assert_eq!(keys.find(&format!("{text}x")).await.unwrap(), None);
    keys.publish([(hash, published(1))]).await.unwrap();
    assert_eq!(keys.find(&text).await.unwrap(), None, "it has expired");
    keys.publish([(hash, good)]).await.unwrap();
    keys.forget(hash).await.unwrap();
    assert_eq!(keys.find(&text).await.unwrap(), None);
    let listed = keys.published().await.unwrap();
    assert_eq!(
        listed,
        [hash],
        "whoever published it late is found out by the list"
    );
}

#[tokio::test]
async fn a_redis_that_says_nothing_costs_one_time_limit_and_takes_what_was_kept_here_with_it() {
    let mut shop = shop().await;
    let (proxy, url) = Proxy::before(&redis_url()).await;
    let sessions =
        Sessions::connect(&url, &shop.prefix, CookieKind::Development, key(DEVELOPMENT_KEY)).unwrap();
    let owner = Sessions::new_guest();
    let issued = sessions.issue(owner).await.unwrap();
    let cookies = cookie_header(&issued);
    for _ in 0..2 {
        let known = sessions.resolve(&cookies).await.unwrap();
        assert_eq!(known, Resolved::Known(Some(Shopper::InSession(owner))));
    }

    // A firewall forgets the connection; then the session ends, and nobody can say so over it.
    proxy.strand();
    let _: i64 = shop.redis.del(sessions.key_of(&cookies).unwrap()).await.unwrap();
    let silent = tokio::time::timeout(Duration::from_secs(30), sessions.ping());
    assert!(silent.await.expect("it has a time limit").is_err());
    let known = sessions.resolve(&cookies).await.unwrap();
    let guest = Resolved::Known(Some(Shopper::Guest(owner)));
    assert_eq!(known, guest, "the session has ended");
}
