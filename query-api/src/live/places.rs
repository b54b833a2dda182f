//! How many live streams may be open: of one shopper or order, of one network, by guests, in all.
//!
//! A place is taken before a stream begins and given back when it ends. All counts are behind one lock, so that however many are asked
//! for at once, exactly as many are open as may be.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use read_model::life::is_guest;
use uuid::Uuid;

use crate::problem::Problem;

/// Tabs and devices that are kept up to date about one shopper, or one order, at the same time.
const ABOUT_ONE: usize = 12;
/// Of all streams, so many parts may be guests': sessions of guests cost nothing, and must not shut out those who have accounts.
const GUESTS: (usize, usize) = (4, 5);

#[derive(Debug, Clone, Copy)]
pub struct StreamLimits {
    pub in_all: usize,
    pub of_network: usize,
}

/// Whom or what a stream is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    Shopper(Uuid),
    Order(Uuid),
}

/// Who opens a stream, as far as limits ask.
#[derive(Debug, Clone, Copy)]
pub struct Opener {
    network: IpAddr,
    has_account: bool,
}

impl Opener {
    pub fn shopper(owner: Uuid, network: IpAddr) -> Self {
        Self {
            network,
            has_account: !is_guest(owner),
        }
    }

    pub const fn account(network: IpAddr) -> Self {
        Self {
            network,
            has_account: true,
        }
    }

    pub const fn guest(network: IpAddr) -> Self {
        Self {
            network,
            has_account: false,
        }
    }
}

#[derive(Clone)]
pub struct Streams(Arc<Shared>);

struct Shared {
    limits: StreamLimits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    in_all: usize,
    guests: usize,
    about: HashMap<About, usize>,
    networks: HashMap<IpAddr, usize>,
}

impl Streams {
    pub fn new(limits: StreamLimits) -> Self {
        let open = Mutex::default();
        Self(Arc::new(Shared { limits, open }))
    }

    /// A place for one stream about somebody or something, until it is dropped.
    ///
    /// # Errors
    /// What there are too many of: 429 where it is this client's to close one, 503 where all are taken.
    pub fn take(&self, about: About, opener: Opener) -> Result<Place, Problem> {
        let (limits, mut open) = (self.0.limits, self.0.lock());
        let count_of = |counts: Option<&usize>| counts.copied().unwrap_or_default();
        if count_of(open.about.get(&about)) >= ABOUT_ONE {
            return Err(Problem::StreamLimit(match about {
                About::Shopper(_) => "The shopper",
                About::Order(_) => "The order",
            }));
        }
        if count_of(open.networks.get(&opener.network)) >= limits.of_network {
            return Err(Problem::StreamLimit("The network"));
        }
        let (parts, of) = GUESTS;
        // Rounded up: a shop for one stream has it for anybody.
        let for_guests = (limits.in_all * parts).div_ceil(of);
        if open.in_all >= limits.in_all || (!opener.has_account && open.guests >= for_guests) {
            return Err(Problem::Overloaded);
        }
        open.in_all += 1;
        open.guests += usize::from(!opener.has_account);
        *open.about.entry(about).or_default() += 1;
        *open.networks.entry(opener.network).or_default() += 1;
        Ok(Place {
            shared: Arc::clone(&self.0),
            about,
            opener,
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to keep a stream open.
pub struct Place {
    shared: Arc<Shared>,
    about: About,
    opener: Opener,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.shared.lock();
        open.in_all -= 1;
        open.guests -= usize::from(!self.opener.has_account);
        one_less(&mut open.about, &self.about);
        one_less(&mut open.networks, &self.opener.network);
    }
}

/// Who has none left is forgotten.
fn one_less<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn streams(in_all: usize, of_network: usize) -> Streams {
        Streams::new(StreamLimits { in_all, of_network })
    }

    fn network(number: u8) -> IpAddr {
        IpAddr::from([203, 0, 113, number])
    }

    fn somebody() -> About {
        About::Shopper(Uuid::new_v4())
    }

    #[test]
    fn one_shopper_has_twelve_streams_and_another_as_soon_as_one_ends() {
        let (streams, shopper) = (streams(1000, 1000), somebody());
        let guest = Opener::guest(HOME);
        let mut open: Vec<Place> = (0..12).map(|_| streams.take(shopper, guest).unwrap()).collect();
        let refused = streams.take(shopper, guest).err();
        assert!(
            matches!(refused, Some(Problem::StreamLimit("The shopper"))),
            "{refused:?}"
        );
        let _other = streams.take(somebody(), guest).unwrap();
        open.pop();
        open.push(streams.take(shopper, guest).unwrap());
        assert!(streams.take(shopper, guest).is_err());
    }

    #[test]
    fn one_network_has_only_so_many_whoever_opens_them() {
        let streams = streams(1000, 3);
        let open: Vec<Place> = (0..3)
            .map(|_| streams.take(somebody(), Opener::guest(network(1))).unwrap())
            .collect();
        for opener in [Opener::guest(network(1)), Opener::account(network(1))] {
            let refused = streams.take(somebody(), opener).err();
            assert!(
                matches!(refused, Some(Problem::StreamLimit("The network"))),
                "{refused:?}"
            );
        }
        assert!(streams.take(somebody(), Opener::guest(network(2))).is_ok());
        drop(open);
        assert!(streams.take(somebody(), Opener::guest(network(1))).is_ok());
    }

    #[test]
    fn guests_cannot_take_the_places_that_are_kept_for_accounts() {
        let streams = streams(10, 1);
        let mut open = vec![];
        for number in 0..8 {
            open.push(streams.take(somebody(), Opener::guest(network(number))).unwrap());
        }
        let refused = streams.take(somebody(), Opener::guest(network(8))).err();
        assert!(matches!(refused, Some(Problem::Overloaded)), "{refused:?}");
        for number in 8..10 {
            open.push(
                streams
                    .take(somebody(), Opener::account(network(number)))
                    .unwrap(),
            );
        }
        let refused = streams.take(somebody(), Opener::account(network(10))).err();
        assert!(matches!(refused, Some(Problem::Overloaded)), "{refused:?}");
    }

    #[test]
    fn whoever_has_no_stream_left_is_forgotten() {
        let streams = streams(10, 10);
        drop(streams.take(somebody(), Opener::guest(HOME)).unwrap());
        let open = streams.0.lock();
        assert!(open.about.is_empty() && open.networks.is_empty());
        assert_eq!((open.in_all, open.guests), (0, 0));
    }

    #[test]
    fn the_owner_says_whether_there_is_an_account() {
        assert!(Opener::shopper(Uuid::now_v7(), HOME).has_account);
        assert!(!Opener::shopper(Uuid::new_v4(), HOME).has_account);
    }
}
