//! Product requests, read from a real Redis: who sees which, in which order, and what is like what.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use session::{Role, Roles};
use shop::requests::Request;
use shop::stream::Stream;
use shop::{Answer, Browser, STAFF, Shop, eventually, shop};
use uuid::Uuid;

const ALL: &str = "/api/queries/requests";

fn ids(answer: &Answer) -> Vec<Uuid> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = answer.json();
    let requests = page["requests"].as_array().unwrap();
    requests
        .iter()
        .map(|request| request["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

impl Shop {
    /// A stream that has looked at everything once.
    async fn looked_at(&self, browser: &Browser) -> Stream {
        let notice = Uuid::now_v7();
        let notices = [(browser.owner, notice)];
        self.sessions.put_newest_notices(&notices).await.unwrap();
        let mut stream = self.stream(browser).await;
        assert_eq!(stream.next().await.unwrap().name, "inbox");
        stream
    }

    /// Written, and known to the API.
    async fn knows(&self, requests: &[Request]) {
        for request in requests {
            self.write_request(request).await;
        }
        let after: Vec<String> = requests
            .iter()
            .map(|request| format!("{}:{}", request.id, request.version))
            .collect();
        for some in after.chunks(40) {
            let path = format!("{ALL}?after={}", some.join(","));
            eventually("the board has them", async || {
                // Of what is hidden, and of quotes, only staff are told.
                self.ask(&path, &[STAFF]).await.status == 200
            })
            .await;
        }
    }
}

#[tokio::test]
async fn everybody_sees_what_is_public_the_most_supported_first_page_by_page() {
    let shop = shop().await;
    let some: Vec<Request> = [3, 9, 1, 5]
        .map(|others| Request::missing("A teapot").supported_by(others))
        .into();
    let hidden = Request {
        hidden: true,
        ..Request::missing("Spam")
    };
    let cancelled = Request {
        state: "cancelled",
        ..Request::missing("Never mind")
    };
    let quote = Request::quote(Uuid::now_v7());
    shop.knows(
        &[
            some.clone(),
            vec![hidden.clone(), cancelled.clone(), quote.clone()],
        ]
        .concat(),
    )
    .await;
    let ranked = [1, 3, 0, 2].map(|at: usize| some[at].id);
    let whole = shop.get(ALL, "").await;
    assert_eq!(ids(&whole), ranked);
    assert_eq!(
        (&whole.json()["total"], &whole.json()["next"]),
        (&4.into(), &serde_json::Value::Null)
    );
    let (mut seen, mut path) = (vec![], format!("{ALL}?limit=3"));
    loop {
        let page = shop.get(&path, "").await;
        seen.extend(ids(&page));
        let Some(next) = page.json()["next"].as_str().map(str::to_owned) else {
            break;
        };
        path = format!("{ALL}?limit=3&cursor={next}");
    }
    assert_eq!(seen, ranked);
    assert_eq!(
        ids(&shop.get(&format!("{ALL}?state=cancelled"), "").await),
        [cancelled.id]
    );
    let staff = shop.member(Roles::SHOPPER.with(Role::Staff)).await;
    let theirs = shop.get(&format!("{ALL}?limit=100"), &staff.cookies).await;
    assert_eq!(theirs.json()["total"], 7);
    let quotes = shop.get(&format!("{ALL}?kind=quote"), &staff.cookies).await;
    assert_eq!(ids(&quotes), [quote.id]);
    assert_eq!(ids(&shop.get(&format!("{ALL}?q=teap"), "").await).len(), 4);
    assert_eq!(shop.get(&format!("{ALL}?q=---"), "").await.json()["total"], 0);
}

#[tokio::test]
async fn a_request_says_what_the_asker_has_to_do_with_it() {
    let shop = shop().await;
    let (ada, eve) = (
        shop.member(Roles::SHOPPER).await,
        shop.member(Roles::SHOPPER).await,
    );
    let staff = shop.member(Roles::SHOPPER.with(Role::Staff)).await;
    let mut request = Request::missing("A teapot");
    request.supporters.extend([ada.owner, staff.owner]);
    let hidden = Request {
        hidden: true,
        customer: ada.owner,
        ..Request::missing("Hm")
    };
    shop.knows(&[request.clone(), hidden.clone()]).await;
    let seen = async |id: Uuid, cookies: &str| shop.get(&format!("{ALL}/{id}"), cookies).await;
    let you = seen(request.id, &ada.cookies).await.json()["you"].clone();
    assert_eq!(
        you,
        serde_json::json!({ "customer": false, "supports": true, "follows": false })
    );
    // Staff are people, too.
    let listed = shop.get(ALL, &staff.cookies).await.json();
    for theirs in [
        seen(request.id, &staff.cookies).await.json(),
        listed["requests"][0].clone(),
    ] {
        assert_eq!(theirs["you"], you);
    }
    assert!(seen(request.id, "").await.json()["you"].is_null());
    for shown in [seen(request.id, "").await.json(), listed["requests"][0].clone()] {
        assert_eq!(
            (&shown["supporters"], &shown["followers"]),
            (&3.into(), &1.into())
        );
    }
    assert_eq!(seen(hidden.id, &ada.cookies).await.status, 200);
    seen(hidden.id, &eve.cookies)
        .await
        .assert_problem(404, "request-not-found");
    let mine = shop.get(&format!("{ALL}/mine"), &ada.cookies).await;
    let mut both = vec![request.id, hidden.id];
    both.sort_unstable();
    let mut found = ids(&mine);
    found.sort_unstable();
    assert_eq!(found, both);
    assert_eq!(
        ids(&shop.get(&format!("{ALL}/mine"), &eve.cookies).await),
        [] as [Uuid; 0]
    );
}

#[tokio::test]
async fn a_version_that_is_not_there_yet_is_waited_for() {
    let shop = shop().await;
    let request = Request::missing("A teapot");
    shop.knows(std::slice::from_ref(&request)).await;
    let path = format!("{ALL}/{}?min-version=2", request.id);
    shop.get(&path, "").await.assert_problem(503, "view-behind");
    let newer = Request {
        version: 2,
        ..request
    };
    let (answer, _) = tokio::join!(shop.get(&path, ""), shop.write_request(&newer));
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["version"]),
        (200, &2.into())
    );
    let unknown = format!("{ALL}/{}", Uuid::now_v7());
    shop.get(&unknown, "")
        .await
        .assert_problem(404, "request-not-found");
}

#[tokio::test]
async fn titles_like_the_one_that_is_typed_are_found_and_only_those_that_may_be_seen() {
    let shop = shop().await;
    let pot = Request::missing("A large teapot for two");
    let mug = Request::missing("Stoneware mug");
    let hidden = Request {
        hidden: true,
        ..Request::missing("A large teapot")
    };
    let declined = Request {
        state: "declined",
        ..Request::missing("A large teapot")
    };
    shop.knows(&[pot.clone(), mug, hidden, declined]).await;
    let similar = shop.get(&format!("{ALL}/similar?title=lage%20taepot"), "").await;
    assert_eq!(ids(&similar), [pot.id]);
    let score = similar.json()["requests"][0]["score"].as_f64().unwrap();
    assert!((0.3..=1.0).contains(&score), "{score}");
    assert_eq!(
        ids(&shop.get(&format!("{ALL}/similar?title=bicycle"), "").await),
        [] as [Uuid; 0]
    );
    // Erased: nothing is like nothing.
    let erased = Request {
        version: 2,
        title: String::new(),
        ..pot
    };
    shop.knows(std::slice::from_ref(&erased)).await;
    assert_eq!(
        ids(&shop.get(&format!("{ALL}/similar?title=teapot"), "").await),
        [] as [Uuid; 0]
    );
}

#[tokio::test]
async fn a_stream_tells_of_ones_own_requests_when_they_change() {
    let shop = shop().await;
    let ada = shop.member(Roles::SHOPPER).await;
    let own = Request {
        customer: ada.owner,
        ..Request::missing("A teapot")
    };
    let other = Request::missing("A mug");
    shop.knows(&[own.clone(), other.clone()]).await;
    let notice = Uuid::now_v7();
    shop.sessions
        .put_newest_notices(&[(ada.owner, notice)])
        .await
        .unwrap();
    let mut stream = shop.stream(&ada).await;
    let told = stream.next().await.unwrap();
    assert_eq!(
        (told.name.as_str(), told.data),
        ("inbox", format!(r#"{{"newest":"{notice}"}}"#))
    );
    shop.knows(&[
        Request { version: 2, ..other },
        Request {
            version: 2,
            state: "planned",
            ..own.clone()
        },
    ])
    .await;
    let told = stream.next().await.unwrap();
    assert_eq!(
        (told.name.as_str(), told.id),
        ("request", format!("{}-2", own.id))
    );
    let document: serde_json::Value = serde_json::from_str(&told.data).unwrap();
    assert_eq!(
        (&document["state"], &document["you"]["customer"]),
        (&"planned".into(), &true.into())
    );
}

/// With many people that would be all the time, and for everybody's tabs.
#[tokio::test]
async fn a_stream_does_not_tell_that_somebody_else_came_to_ones_own_request() {
    let shop = shop().await;
    let ada = shop.member(Roles::SHOPPER).await;
    let own = Request {
        customer: ada.owner,
        supporters: vec![ada.owner],
        ..Request::missing("A teapot")
    };
    shop.knows(std::slice::from_ref(&own)).await;
    let mut stream = shop.looked_at(&ada).await;
    let supported = Request {
        version: 2,
        told: Some(1),
        supporters: vec![ada.owner, Uuid::now_v7()],
        ..own.clone()
    };
    shop.knows(std::slice::from_ref(&supported)).await;
    let seen = shop.get(&format!("{ALL}/{}", own.id), &ada.cookies).await.json();
    assert_eq!((&seen["supporters"], &seen["version"]), (&2.into(), &2.into()));
    // Asking for something else makes the stream look at everything.
    let second = Request {
        customer: ada.owner,
        supporters: vec![ada.owner],
        ..Request::missing("A mug")
    };
    shop.knows(std::slice::from_ref(&second)).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{}-1", second.id));
    let planned = Request {
        version: 3,
        state: "planned",
        told: None,
        ..supported
    };
    shop.knows(std::slice::from_ref(&planned)).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{}-3", own.id));
}

#[tokio::test]
async fn whoever_supports_a_request_in_one_tab_hears_of_it_in_another() {
    let shop = shop().await;
    let ada = shop.member(Roles::SHOPPER).await;
    let request = Request::missing("A teapot");
    shop.knows(std::slice::from_ref(&request)).await;
    let mut stream = shop.looked_at(&ada).await;
    let supported = Request {
        version: 2,
        told: Some(1),
        supporters: vec![request.customer, ada.owner],
        ..request.clone()
    };
    shop.write_request(&supported).await;
    let told = stream.next().await.unwrap();
    assert_eq!(told.id, format!("{}-2", request.id));
    let document: serde_json::Value = serde_json::from_str(&told.data).unwrap();
    assert_eq!(
        (&document["you"]["supports"], &document["supporters"]),
        (&true.into(), &2.into())
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_named() {
    let shop = shop().await;
    for (wrong, field) in [
        ("kind=x", "kind"),
        ("state=x", "state"),
        (["state=planned"; 11].join("&").as_str(), "state"),
        (["state="; 1000].join("&").as_str(), "state"),
        ("sort=x", "sort"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
    ] {
        let answer = shop.get(&format!("{ALL}?{wrong}"), "").await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert_eq!(answer.json()["violations"][0]["field"], field);
        assert!(
            answer.json()["violations"].as_array().unwrap().len() <= 2,
            "{wrong}"
        );
    }
}
