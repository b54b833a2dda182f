//! Several requests with the streams of those who take part, as the command loop keeps them, and beside them who takes
//! part by a count of its own.

use std::collections::{BTreeMap, BTreeSet};

use domain::product_request::{
    Arrival, Came, Moved, Person, RequestMember, RequestMemberEvent, mark_duplicate, move_members,
};

use super::*;

#[derive(Default)]
pub struct World {
    pub requests: BTreeMap<u128, ProductRequest>,
    pub members: BTreeMap<(u128, OwnerId), RequestMember>,
    /// Who supports what, in sets.
    pub supporters: BTreeMap<u128, BTreeSet<OwnerId>>,
    /// Who follows what, those who came first in front.
    pub queues: BTreeMap<u128, Vec<OwnerId>>,
    /// Whose data was erased where.
    erased: BTreeSet<(u128, OwnerId)>,
    /// Everybody who was told that the product is back, in order.
    pub told: Vec<OwnerId>,
    stock_version: i64,
}

impl World {
    pub fn state(&self, number: u128) -> &domain::product_request::Request {
        match &self.requests[&number] {
            ProductRequest::Submitted(request) => request,
            ProductRequest::Unsubmitted => panic!("all of them were submitted"),
        }
    }

    fn member(&self, number: u128, customer: OwnerId) -> RequestMember {
        self.members.get(&(number, customer)).copied().unwrap_or_default()
    }

    pub fn submit(&mut self, number: u128, event: E) {
        self.requests.insert(number, ProductRequest::default());
        self.store(number, vec![event]);
    }

    /// Takes events in. Each is counted as what it says, without regard to what was there.
    fn store(&mut self, number: u128, events: Vec<E>) {
        for event in events {
            let (supporters, queue) = (
                self.supporters.entry(number).or_default(),
                self.queues.entry(number).or_default(),
            );
            match &event {
                E::RequestSubmitted { customer, .. } => {
                    supporters.insert(*customer);
                    queue.push(*customer);
                }
                E::RequestSupported { customer } => {
                    assert!(supporters.insert(*customer), "nobody supports twice");
                }
                E::SupportWithdrawn { customer } => {
                    assert!(supporters.remove(customer), "only supporters withdraw");
                }
                E::RequestSubscribed { customer } => {
                    assert!(!queue.contains(customer), "nobody follows twice");
                    queue.push(*customer);
                }
                E::SubscriptionEnded { customer } => {
                    assert!(queue.contains(customer), "only followers leave");
                    queue.retain(|follower| follower != customer);
                }
                E::CustomerErased { customer } => {
                    queue.retain(|follower| follower != customer);
                    self.erased.insert((number, *customer));
                }
                E::SupportersMoved {
                    supporters: gained,
                    followers,
                    ..
                } => {
                    assert!(gained.len() + followers.len() <= 2_000);
                    for customer in gained {
                        assert!(supporters.insert(*customer), "nobody is moved twice");
                    }
                    for customer in followers {
                        assert!(!queue.contains(customer), "nobody is moved twice");
                        let is_erased = self.erased.contains(&(number, *customer));
                        assert!(!is_erased, "nobody who was erased is told anything");
                        queue.push(*customer);
                    }
                }
                E::StockAnnounced { customers, .. } => {
                    assert!(customers.len() <= 1_000);
                    let first = queue.iter().take(customers.len());
                    assert!(first.eq(customers), "those who waited longest are told");
                    queue.drain(..customers.len());
                    self.told.extend(customers);
                }
                _ => {}
            }
            self.requests
                .get_mut(&number)
                .expect("it was submitted")
                .apply(event);
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "events are decided and given away")]
    fn store_of_member(&mut self, number: u128, customer: OwnerId, events: Vec<RequestMemberEvent>) {
        let member = self.members.entry((number, customer)).or_default();
        for event in &events {
            member.evolve(event);
        }
    }

    /// What the rules say to a command of one person.
    pub fn execute(&mut self, number: u128, command: C) -> Result<(), R> {
        let customer = command.member().unwrap_or_else(ada);
        let member = self.member(number, customer);
        let (events, of_member) = self.requests[&number].decide_with(&member, command)?;
        self.store(number, events);
        self.store_of_member(number, customer, of_member);
        Ok(())
    }

    /// Gives up to `most` people streams of their own, as if there were too many of them.
    pub fn separate(&mut self, number: u128, most: usize) {
        let kept = self.state(number).members.kept_by_place();
        let some: Vec<_> = kept.into_iter().take(most).collect();
        let customers = some.iter().map(|(customer, _)| *customer).collect();
        let events = self.requests[&number]
            .decide(C::SeparateMembers { customers })
            .expect("it is never refused");
        self.store(number, events);
        for (customer, membership) in some {
            self.store_of_member(
                number,
                customer,
                vec![RequestMemberEvent::MembershipChanged { membership }],
            );
        }
    }

    fn person(&self, customer: OwnerId, duplicate: u128, original: u128) -> Person {
        Person {
            customer,
            in_duplicate: self.member(duplicate, customer),
            in_original: self.member(original, customer),
        }
    }

    pub fn mark(&mut self, duplicate: u128, original: u128) {
        let kept = self.state(duplicate).members.kept.keys();
        let people: Vec<Person> = kept
            .map(|customer| self.person(*customer, duplicate, original))
            .collect();
        let marked = mark_duplicate(
            (request(duplicate), &self.requests[&duplicate]),
            (request(original), &self.requests[&original]),
            &people,
        );
        let moved = marked.map(|marked| marked.moved).unwrap_or_default();
        self.store_moved(duplicate, original, moved);
    }

    /// Moves up to `most` people of a duplicate. False: there is nobody left, or it is none.
    pub fn move_some(&mut self, duplicate: u128, most: usize) -> bool {
        let domain::product_request::Stage::Duplicate { of } = self.state(duplicate).stage else {
            return false;
        };
        let original = of.uuid().as_u128();
        let state = self.state(duplicate);
        // A list that was read before others moved some of them: these are passed over.
        let mut next = self.everybody(duplicate);
        let before = next.partition_point(|(place, _)| *place <= state.members.moved);
        next.truncate(before + most);
        let people: Vec<Person> = next
            .into_iter()
            .map(|(_, customer)| self.person(customer, duplicate, original))
            .collect();
        let moved = move_members(
            (request(duplicate), &self.requests[&duplicate]),
            (request(original), &self.requests[&original]),
            &people,
        );
        let goes_on = moved != Moved::default();
        self.store_moved(duplicate, original, moved);
        goes_on
    }

    fn store_moved(&mut self, duplicate: u128, original: u128, moved: Moved) {
        self.store(duplicate, moved.duplicate);
        self.store(original, moved.original);
        for (customer, events) in moved.members {
            self.store_of_member(original, customer, events);
        }
    }

    /// Those whom the request keeps and those with streams, by their places.
    fn everybody(&self, number: u128) -> Vec<(u64, OwnerId)> {
        let members = &self.state(number).members;
        let apart = self
            .members
            .iter()
            .filter(|((of, customer), _)| *of == number && members.is_apart(*customer))
            .map(|((_, customer), member)| (member.membership.place, *customer));
        let kept = members.kept_by_place();
        let mut all: Vec<(u64, OwnerId)> = kept
            .into_iter()
            .map(|(customer, membership)| (membership.place, customer))
            .chain(apart)
            .collect();
        all.sort_unstable();
        all
    }

    /// So many units come, and nobody buys one.
    pub fn arrive(&mut self, number: u128, units: i64) {
        self.stock_version += 1;
        let arrival = Arrival {
            came: Came::Units {
                units,
                stock_version: self.stock_version,
            },
            stock_version: self.stock_version,
            available: units,
            one_for_each_unit: true,
        };
        let events = self.requests[&number]
            .decide(C::Announce(arrival))
            .expect("it is never refused");
        self.store(number, events);
    }

    /// Tells up to `most` of those who wait and have streams. False: nobody is left to be told.
    pub fn tell_some(&mut self, number: u128, most: usize) -> bool {
        let told = self.state(number).members.told;
        let mut next = self.everybody(number);
        next.retain(|(_, customer)| self.member(number, *customer).membership.follows);
        let before = next.partition_point(|(place, _)| *place <= told);
        next.truncate(before + most);
        let waiting = next
            .into_iter()
            .map(|(_, customer)| (customer, self.member(number, customer).membership))
            .collect();
        let events = self.requests[&number]
            .decide(C::TellWaiting {
                waiting,
                available: 1,
            })
            .expect("it is never refused");
        let goes_on = !events.is_empty();
        self.store(number, events);
        goes_on
    }

    /// What the request counts is what the sets hold, and who is asked for by name is found as the sets have them.
    pub fn check(&self) {
        for number in self.requests.keys() {
            let members = &self.state(*number).members;
            let (supporters, queue) = (&self.supporters[number], &self.queues[number]);
            assert_eq!(members.supporters, supporters.len() as u64, "request {number}");
            assert_eq!(members.followers, queue.len() as u64, "request {number}");
            let mut by_place: Vec<(u64, OwnerId)> = vec![];
            let everybody = supporters.iter().chain(queue).copied();
            let known = self.members.keys().filter(|(of, _)| of == number);
            for customer in everybody.chain(known.map(|(_, customer)| *customer)) {
                let membership = members.of(customer, self.member(*number, customer).membership);
                assert_eq!(membership.supports, supporters.contains(&customer));
                assert_eq!(membership.follows, queue.contains(&customer));
                if membership.follows {
                    by_place.push((membership.place, customer));
                }
            }
            by_place.sort_unstable();
            by_place.dedup();
            let by_place: Vec<OwnerId> = by_place.into_iter().map(|(_, customer)| customer).collect();
            assert_eq!(&by_place, queue, "the queue of request {number}");
        }
    }
}
