//! Idempotency keys as a browser makes them: random UUIDs, 36 characters, no two alike.

use uuid::{Builder, Uuid};

/// A key is this many bytes long.
pub const KEY_LENGTH: usize = 36;

/// Random enough to fall anywhere in an index, as `crypto.randomUUID()` would, and cheaper than asking the kernel each time.
pub struct Keys {
    base: u128,
    given: u64,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            base: Uuid::new_v4().as_u128(),
            given: 0,
        }
    }
}

impl Keys {
    pub fn next_uuid(&mut self) -> Uuid {
        self.given += 1;
        let low = splitmix(self.given);
        let mixed = u128::from(splitmix(low)) << 64 | u128::from(low);
        Builder::from_random_bytes((self.base ^ mixed).to_be_bytes()).into_uuid()
    }

    pub fn next_key(&mut self) -> String {
        self.next_uuid().to_string()
    }

    /// Overwrites the key that `place` holds.
    pub fn write_next(&mut self, place: &mut [u8]) {
        self.next_uuid().hyphenated().encode_lower(place);
    }
}

/// The `SplitMix64` generator's output function (Steele, Lea, Flood 2014): a permutation, so no two inputs collide.
fn splitmix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_keys_are_alike() {
        let (mut some, mut others) = (Keys::default(), Keys::default());
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10_000 {
            assert!(seen.insert(some.next_key()));
            assert!(seen.insert(others.next_key()));
        }
        assert!(seen.iter().all(|key| key.len() == KEY_LENGTH));
    }
}
