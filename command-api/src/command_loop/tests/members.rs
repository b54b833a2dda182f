//! Requests with many people: those of before this release, those that many come to, duplicates, and who waits for a product.

use std::time::Duration;

use domain::product_request::{
    Came, Kind, MAX_KEPT, Members, ProductRequest, ProductRequestCommand as C, RequestMember,
};
use domain::stock::StockCommand;
use domain::{AggregateType, Event, RequestId, TextId};
use event_store::deadlines::{DeadlineKind, Deadlines};

use super::super::members::PORTION;
use super::super::requesting::Requesting;
use super::super::testing::loop_over;
use super::checkout::due;
use super::*;
use crate::deadlines::DeadlineRole;

fn request(number: u128) -> RequestId {
    RequestId::new(Uuid::from_u128(0x0100 + number))
}

fn customer(number: u128) -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xc000_0000 + number))
}

/// A running loop with the role that acts on its deadlines.
struct Running {
    url: String,
    commands: Handle,
    role: DeadlineRole,
    reader: Reader,
}

impl Running {
    async fn over(url: &str) -> Self {
        let (commands, reader) = (loop_over(url), Reader::connect(url).await.unwrap());
        let role = DeadlineRole {
            commands: commands.clone(),
            deadlines: Deadlines::connect(url).await.unwrap(),
            reader: reader.clone(),
            cart: Duration::from_hours(24),
        };
        Self {
            url: url.to_owned(),
            commands,
            role,
            reader,
        }
    }

    async fn execute(&self, command: Command) -> Result<Answer, CommandError> {
        self.commands.execute(command, caller()).await
    }

    async fn on(&self, request: RequestId, command: C) -> Result<Answer, CommandError> {
        self.execute(Command::Requesting(Requesting::One { request, command }))
            .await
    }

    async fn submit(&self, request: RequestId, kind: Kind, by: OwnerId) {
        let command = C::Submit {
            kind,
            customer: by,
            text: Some(TextId::new(Uuid::from_u128(1))),
            sku: Some(mug()),
            quantity: None,
        };
        self.on(request, command).await.unwrap();
    }

    /// Acts on deadlines until there are none of requests. How often that was.
    async fn go_on(&self) -> usize {
        let mut times = 0;
        while !due(&self.url, DeadlineKind::RequestMembers).await.is_empty() {
            times += self.role.step().await.unwrap();
        }
        times
    }

    async fn members(&self, request: RequestId) -> Members {
        let id = request.to_string();
        match self.reader.aggregate::<ProductRequest>(&id).await.unwrap().0 {
            ProductRequest::Submitted(request) => request.members,
            ProductRequest::Unsubmitted => panic!("it was submitted"),
        }
    }

    async fn member(&self, request: RequestId, customer: OwnerId) -> RequestMember {
        let id = format!("{request}:{customer}");
        self.reader.aggregate::<RequestMember>(&id).await.unwrap().0
    }

    /// What happened to a request, by the names of its events.
    async fn events(&self, request: RequestId) -> Vec<Event> {
        let (kind, id) = (AggregateType::ProductRequest, request.to_string());
        let stream = self.reader.read_stream(kind, &id, 0).await.unwrap();
        stream.iter().map(|event| event.event().unwrap()).collect()
    }
}

/// Events as the release before wrote them: a request with its people, and no streams beside it. `people` are SQL rows of
/// `number, event_type`.
async fn written_before(url: &str, request: RequestId, kind: &str, people: &str) {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let owner = "'00000000-0000-0000-0000-0000' || lpad(to_hex(x'c0000000'::bigint + n), 8, '0')";
    let statement = format!(
        "with head as (select coalesce(max(global_position), 0) as position from events),
         submitted as (
             insert into events select position + 1, 'product-request', '{request}', 1, 'RequestSubmitted', '1.0',
                 json_build_object('kind', '{kind}', 'customer', (select {owner} from (select 0 as n) zero),
                                   'text', null, 'sku', 'MUG', 'quantity', null),
                 '{{}}', gen_random_uuid(), now() from head)
         insert into events
         select position + 1 + i, 'product-request', '{request}', 1 + i, type, '1.0',
                json_build_object('customer', {owner}), '{{}}', gen_random_uuid(), now()
         from head, (select row_number() over () as i, n, type from ({people}) p(n, type)) numbered"
    );
    sql.execute(statement.as_str()).await.unwrap();
}

async fn shop_with(url: &str) -> Running {
    let running = Running::over(url).await;
    running.execute(list(&mug(), "Mug")).await.unwrap();
    running
}

#[tokio::test]
async fn whoever_supported_before_this_release_counts_once_before_and_after_they_get_a_stream() {
    let url = database().await;
    let running = shop_with(&url).await;
    let supports = "select n, 'RequestSupported' from generate_series(1, 700) n";
    written_before(&url, request(1), "missing_product", supports).await;
    let again = |number| {
        running.on(
            request(1),
            C::Support {
                customer: customer(number),
            },
        )
    };
    let before = again(7).await.unwrap().version;
    assert_eq!(before, 701, "nothing was stored");
    // One more is too many for the request to keep.
    assert_eq!(again(701).await.unwrap().version, 702);
    assert_eq!(running.go_on().await, 4, "three portions, and a look at the end");
    let members = running.members(request(1)).await;
    assert_eq!((members.supporters, members.followers), (702, 1));
    assert!(members.kept.is_empty(), "{members:?}");
    let version = again(7).await.unwrap().version;
    for number in [0, 1, 350, 700, 701] {
        assert_eq!(again(number).await.unwrap().version, version, "{number}");
    }
    // Taken back once, and given again.
    let withdraw = || {
        running.on(
            request(1),
            C::WithdrawSupport {
                customer: customer(7),
            },
        )
    };
    assert_eq!(withdraw().await.unwrap().version, version + 1);
    assert_eq!(withdraw().await.unwrap().version, version + 1);
    assert_eq!(running.members(request(1)).await.supporters, 701);
    again(7).await.unwrap();
    assert_eq!(running.members(request(1)).await.supporters, 702);
    assert!(running.member(request(1), customer(7)).await.membership.supports);
}

#[tokio::test]
async fn what_a_request_with_many_people_costs_does_not_grow_with_them() {
    let url = database().await;
    let running = shop_with(&url).await;
    running
        .submit(request(1), Kind::MissingProduct, customer(0))
        .await;
    let mut largest = 0;
    for number in 1..=400 {
        for command in [
            C::Support {
                customer: customer(number),
            },
            C::Subscribe {
                customer: customer(number),
            },
        ] {
            running.on(request(1), command).await.unwrap();
        }
        if number % 50 == 0 {
            running.go_on().await;
            let state = serde_json::to_string(&running.members(request(1)).await).unwrap();
            largest = largest.max(state.len());
        }
    }
    let members = running.members(request(1)).await;
    assert_eq!((members.supporters, members.followers), (401, 401));
    assert!(
        largest < MAX_KEPT * 200,
        "{largest} bytes with a few people or with many"
    );
    assert!(serde_json::to_string(&members).unwrap().len() < 200);
}

#[tokio::test]
async fn two_replicas_count_somebody_with_a_stream_once() {
    let url = database().await;
    let running = shop_with(&url).await;
    let supports = "select n, 'RequestSupported' from generate_series(1, 200) n";
    written_before(&url, request(1), "missing_product", supports).await;
    let support = |number| {
        let customer = customer(number);
        let command = C::Support { customer };
        Command::Requesting(Requesting::One {
            request: request(1),
            command,
        })
    };
    running.execute(support(999)).await.unwrap();
    running.go_on().await;
    let (mut one, mut other) = (Loop::on(&url), Loop::on(&url));
    // Both know the request and that customer 1000 has nothing to do with it.
    for replica in [&mut one, &mut other] {
        let withdraw = C::WithdrawSupport {
            customer: customer(1_000),
        };
        let requesting = Requesting::One {
            request: request(1),
            command: withdraw,
        };
        replica.execute(Command::Requesting(requesting)).await.unwrap();
    }
    let (here, there) = (
        one.send(support(1_000), caller()),
        other.send(support(1_000), caller()),
    );
    one.step().await;
    other.step().await;
    other.step().await;
    assert!(here.now_or_never().expect("it is answered").is_ok());
    assert!(there.now_or_never().expect("it is answered").is_ok());
    assert_eq!(running.members(request(1)).await.supporters, 203);
}

#[tokio::test]
async fn whoever_follows_the_middle_of_a_chain_of_duplicates_arrives_at_its_end_with_their_support() {
    let url = database().await;
    let running = shop_with(&url).await;
    let (first, middle, last) = (request(1), request(2), request(3));
    let supports = "select n, 'RequestSupported' from generate_series(1, 130) n";
    written_before(&url, first, "missing_product", supports).await;
    let follows = "select n, 'RequestSubscribed' from generate_series(60, 62) n";
    written_before(&url, middle, "missing_product", follows).await;
    written_before(
        &url,
        last,
        "missing_product",
        "select n, 'RequestSubscribed' from generate_series(130, 130) n",
    )
    .await;
    for (request, of) in [(first, middle), (middle, last)] {
        let merge = Requesting::Duplicate { request, of };
        running.execute(Command::Requesting(merge)).await.unwrap();
    }
    running.go_on().await;
    let members = running.members(last).await;
    // Whoever submitted them, and everybody who supports the first.
    assert_eq!(members.supporters, 131);
    for number in [60, 61, 62, 130] {
        let customer = customer(number);
        let version = running
            .on(last, C::WithdrawSupport { customer })
            .await
            .unwrap()
            .version;
        let again = running
            .on(last, C::WithdrawSupport { customer })
            .await
            .unwrap()
            .version;
        assert_eq!(version, again, "{number} supported it once");
    }
    assert_eq!(running.members(last).await.supporters, 127);
}

#[tokio::test]
async fn a_duplicate_with_many_people_hands_them_on_in_portions_and_each_counts_once() {
    let url = database().await;
    let running = shop_with(&url).await;
    let (original, duplicate) = (request(1), request(2));
    // 0 to 300 support the original, 200 to 900 the duplicate, of whom the even ones follow it.
    let supports =
        |from, to| format!("select n, 'RequestSupported' from generate_series({from}, {to}) n where n > 0");
    written_before(&url, original, "missing_product", &supports(1, 300)).await;
    let follows = "select n, 'RequestSubscribed' from generate_series(200, 900, 2) n";
    let people = format!("{} union all {follows}", supports(200, 900));
    written_before(&url, duplicate, "missing_product", &people).await;
    let merge = Requesting::Duplicate {
        request: duplicate,
        of: original,
    };
    running.execute(Command::Requesting(merge)).await.unwrap();

    // While that goes on, somebody who was not moved yet takes their support back, and somebody supports the original itself.
    running.role.step().await.unwrap();
    let withdrawn = C::WithdrawSupport {
        customer: customer(900),
    };
    running.on(duplicate, withdrawn).await.unwrap();
    let early = C::Support {
        customer: customer(899),
    };
    running.on(original, early).await.unwrap();
    running.go_on().await;

    let members = running.members(original).await;
    // 0 to 899; of 900, who followed the duplicate, not the support.
    assert_eq!(members.supporters, 900);
    // The submitters' one person, and the 351 who followed the duplicate.
    assert_eq!(members.followers, 352);
    assert!(members.kept.is_empty());
    for event in running.events(original).await {
        let named = match &event {
            Event::ProductRequest(event) => event.changes().len(),
            _ => 0,
        };
        assert!(named <= 2 * PORTION, "{named} people in {}", event.name());
    }
    // Nobody supports it twice, wherever they came from.
    let version = running
        .on(
            original,
            C::WithdrawSupport {
                customer: customer(5_000),
            },
        )
        .await
        .unwrap()
        .version;
    for number in [0, 250, 300, 301, 899] {
        let again = C::Support {
            customer: customer(number),
        };
        assert_eq!(
            running.on(original, again).await.unwrap().version,
            version,
            "{number}"
        );
    }
    match running
        .on(
            duplicate,
            C::Support {
                customer: customer(1),
            },
        )
        .await
    {
        Err(CommandError::Refused(refusal)) => assert_eq!(refusal.code(), "request-is-duplicate"),
        other => panic!("{other:?}"),
    }
    // It is over: doing it once more changes nothing.
    let requests_of = running.reader.requests_of(customer(600).uuid()).await.unwrap();
    assert_eq!(requests_of, [original.to_string(), duplicate.to_string()]);
}

#[tokio::test]
async fn many_who_wait_are_told_in_portions_as_many_as_units_came_the_oldest_first() {
    let url = database().await;
    let running = shop_with(&url).await;
    let follows = "select n, 'RequestSubscribed' from generate_series(1, 999) n";
    written_before(&url, request(1), "back_in_stock", follows).await;
    // Too many for one command only once they have streams: the next one who comes sees to that.
    let subscribe = |number| C::Subscribe {
        customer: customer(number),
    };
    running.on(request(1), subscribe(1_000)).await.unwrap();
    running.go_on().await;
    // Somebody leaves.
    let leave = C::Unsubscribe {
        customer: customer(3),
    };
    running.on(request(1), leave).await.unwrap();
    let receive = |quantity| Command::Stock {
        sku: mug(),
        command: StockCommand::Receive { quantity },
    };
    running.execute(receive(600)).await.unwrap();
    let arrived = |units, stock_version| {
        let came = Came::Units { units, stock_version };
        Command::Requesting(Requesting::Arrived {
            request: request(1),
            came,
        })
    };
    running.execute(arrived(600, 1)).await.unwrap();
    // Heard twice.
    running.execute(arrived(600, 1)).await.unwrap();
    running.go_on().await;
    let told = |events: Vec<Event>| -> Vec<OwnerId> {
        let told = events.into_iter().flat_map(|event| match event {
            Event::ProductRequest(domain::product_request::ProductRequestEvent::StockAnnounced {
                customers,
                ..
            }) => {
                assert!(customers.len() <= PORTION);
                customers
            }
            _ => vec![],
        });
        told.collect()
    };
    let expected: Vec<OwnerId> = (0..=600).filter(|number| *number != 3).map(customer).collect();
    assert_eq!(told(running.events(request(1)).await), expected);
    assert_eq!(running.members(request(1)).await.followers, 400);
    // The next ones, and whoever asked again stands at the end.
    running.on(request(1), subscribe(0)).await.unwrap();
    running.execute(receive(1_000)).await.unwrap();
    running.execute(arrived(1_000, 2)).await.unwrap();
    running.go_on().await;
    let all = told(running.events(request(1)).await);
    assert_eq!(all.len(), 1_001);
    assert_eq!((all[600], all[1_000]), (customer(601), customer(0)));
    assert_eq!(running.members(request(1)).await.followers, 0);
}
