use super::*;
use crate::client::PATIENCE;

const SECOND: Duration = Duration::from_secs(1);

/// A group with partitions of one topic, looked at second by second.
struct Seen {
    judge: Judge,
    now: Instant,
    bounds: BTreeMap<TopicPartition, Bounds>,
    checkpoints: BTreeMap<TopicPartition, i64>,
    owned: Option<HashMap<TopicPartition, Option<Instant>>>,
    owned_by_somebody: Option<BTreeSet<TopicPartition>>,
    seconds_without_brokers: u64,
}

fn name(partition: i32) -> TopicPartition {
    ("topic".to_owned(), partition)
}

impl Seen {
    /// This process owns some of two partitions, and nothing waits.
    fn with(owned: &[i32]) -> Self {
        let all = [0, 1].map(name);
        Self {
            judge: Judge::new(true, PATIENCE),
            now: Instant::now(),
            bounds: all.clone().map(|name| (name, Bounds { low: 0, end: 10 })).into(),
            checkpoints: all.map(|name| (name, 10)).into(),
            owned: Some(owned.iter().map(|partition| (name(*partition), None)).collect()),
            owned_by_somebody: None,
            seconds_without_brokers: 0,
        }
    }

    fn arrives(&mut self, partition: i32, messages: i64) {
        self.bounds.get_mut(&name(partition)).unwrap().end += messages;
    }

    fn look(&mut self) -> Verdict {
        self.now += SECOND;
        let look = Look {
            bounds: &self.bounds,
            checkpoints: &self.checkpoints,
            owned: self.owned.as_ref(),
            seconds_without_brokers: self.seconds_without_brokers,
            owned_by_somebody: self.owned_by_somebody.as_ref(),
        };
        self.judge.judge(self.now, &look)
    }

    /// Looks until there is trouble; how many seconds that took.
    fn trouble_within(&mut self, seconds: u32) -> Option<(u32, Trouble)> {
        (1..=seconds).find_map(|second| self.look().trouble.map(|trouble| (second, trouble)))
    }

    fn stalls_within(&mut self, seconds: u32) -> Option<u32> {
        let (second, trouble) = self.trouble_within(seconds)?;
        assert!(matches!(trouble, Trouble::Stalled(_)), "{trouble}");
        Some(second)
    }
}

#[test]
fn lag_is_end_minus_checkpoint_whoever_owns_the_partition() {
    let mut seen = Seen::with(&[]);
    seen.look();
    seen.arrives(1, 143);
    seen.look();
    let verdict = seen.look();
    assert!(verdict.known);
    assert_eq!(verdict.behind[&name(0)].messages, 0);
    assert_eq!(verdict.behind[&name(1)].messages, 143);
    assert!((verdict.behind[&name(1)].seconds - 1.0).abs() < 0.01);
}

#[test]
fn the_oldest_message_that_waits_gives_the_lag_in_seconds() {
    let mut seen = Seen::with(&[0, 1]);
    for _ in 0..5 {
        seen.arrives(0, 1);
        seen.look();
    }
    let verdict = seen.look();
    assert!(
        (verdict.behind[&name(0)].seconds - 5.0).abs() < 0.01,
        "{verdict:?}"
    );
    seen.checkpoints.insert(name(0), 13);
    let verdict = seen.look();
    assert!(
        (verdict.behind[&name(0)].seconds - 3.0).abs() < 0.01,
        "{verdict:?}"
    );
}

#[test]
fn a_partition_without_a_checkpoint_is_unknown_and_not_zero() {
    let mut seen = Seen::with(&[0]);
    seen.checkpoints.remove(&name(1));
    let verdict = seen.look();
    assert!(
        !verdict.known && !verdict.behind.contains_key(&name(1)),
        "{verdict:?}"
    );
    assert!(matches!(verdict.health, Health::Unknown(_)), "{verdict:?}");
}

#[test]
fn a_member_is_replaced_when_its_messages_wait_for_thirty_seconds() {
    let mut seen = Seen::with(&[0, 1]);
    assert_eq!(seen.stalls_within(100), None, "nothing waits");
    seen.arrives(1, 3);
    assert_eq!(seen.stalls_within(100), Some(30));
}

#[test]
fn a_replacement_that_does_not_help_is_tried_later_and_later_but_for_ever() {
    let mut seen = Seen::with(&[0, 1]);
    seen.look();
    seen.arrives(0, 1);
    for patience in [30, 60, 120, 240, 300, 300] {
        assert_eq!(seen.stalls_within(1_000), Some(patience));
        seen.judge.joined();
    }
    seen.checkpoints.insert(name(0), 11);
    seen.look();
    seen.arrives(0, 1);
    assert_eq!(
        seen.stalls_within(1_000),
        Some(30),
        "it helped: no patience is left over"
    );
}

#[test]
fn no_time_passes_while_kafka_does_not_answer() {
    let mut seen = Seen::with(&[0, 1]);
    seen.arrives(0, 1);
    for _ in 0..3 {
        assert_eq!(seen.stalls_within(9), None);
        seen.judge.blind();
        seen.now += 60 * SECOND;
    }
    assert_eq!(seen.stalls_within(10), Some(7));
}

#[test]
fn messages_that_are_handed_out_again_and_again_are_not_the_members_fault() {
    let mut seen = Seen::with(&[0, 1]);
    seen.arrives(0, 1);
    for _ in 0..100 {
        let delivered = Some(seen.now + SECOND);
        seen.owned.as_mut().unwrap().insert(name(0), delivered);
        assert!(seen.look().trouble.is_none());
    }
    assert!(
        matches!(seen.look().health, Health::Stalled(_)),
        "and yet it is not well"
    );
}

#[test]
fn a_member_without_a_partition_stays_while_others_have_all_and_is_replaced_where_one_belongs_to_nobody() {
    let mut seen = Seen::with(&[]);
    seen.owned_by_somebody = Some([0, 1].map(name).into());
    assert_eq!(seen.stalls_within(300), None, "more members than partitions");
    seen.owned_by_somebody = None;
    assert_eq!(seen.stalls_within(300), None, "nobody knows who owns what");
    seen.owned_by_somebody = Some([name(0)].into());
    assert_eq!(seen.stalls_within(2), Some(1));
}

#[test]
fn owners_are_asked_for_before_they_matter() {
    let mut seen = Seen::with(&[]);
    seen.look();
    assert!(!seen.judge.wants_owners());
    for _ in 0..30 {
        seen.look();
    }
    assert!(seen.judge.wants_owners());
}

#[test]
fn a_partition_that_stands_still_elsewhere_is_healed_by_its_owner_first() {
    let mut seen = Seen::with(&[0]);
    seen.arrives(1, 5);
    assert_eq!(seen.stalls_within(100), Some(61), "the owner had its chance");

    let mut idle = Seen::with(&[]);
    idle.arrives(1, 5);
    assert_eq!(
        idle.stalls_within(100),
        Some(31),
        "a member that has nothing loses nothing"
    );
}

#[test]
fn messages_that_wait_make_the_group_unhealthy_after_thirty_seconds() {
    let mut seen = Seen::with(&[]);
    seen.owned = None;
    seen.arrives(1, 5);
    for _ in 0..30 {
        assert_eq!(seen.look().health, Health::Well);
    }
    let Health::Stalled(why) = seen.look().health else {
        panic!("it stands still")
    };
    assert_eq!(why, "topic/1: 5 messages wait, and none was applied for 30 s");
}

#[test]
fn a_topic_that_ends_before_its_checkpoint_was_made_anew() {
    let mut seen = Seen::with(&[0, 1]);
    seen.look();
    seen.bounds.insert(name(0), Bounds { low: 0, end: 4 });
    let verdict = seen.look();
    assert!(verdict.trouble.is_none(), "a leader may be changing");
    assert!(
        !verdict.behind.contains_key(&name(0)),
        "what is below zero is not zero"
    );
    let (seconds, trouble) = seen.trouble_within(5).unwrap();
    assert_eq!(seconds, 2);
    let lost = Trouble::OffsetLost {
        topic: "topic".to_owned(),
        partition: 0,
        checkpoint: 10,
        low: 0,
        end: 4,
    };
    assert_eq!(trouble, lost);
}

#[test]
fn a_topic_that_was_seen_to_be_longer_was_made_anew_also_where_nobody_had_read_that_far() {
    let mut seen = Seen::with(&[0, 1]);
    seen.checkpoints.insert(name(0), 2);
    seen.look();
    seen.bounds.insert(name(0), Bounds { low: 0, end: 4 });
    assert!(matches!(
        seen.trouble_within(5),
        Some((3, Trouble::OffsetLost { .. }))
    ));
}

#[test]
fn messages_that_kafka_deleted_unread_are_a_loss_for_views_and_none_for_those_who_only_hear() {
    let deleted = Bounds { low: 12, end: 15 };
    let mut seen = Seen::with(&[0, 1]);
    seen.bounds.insert(name(0), deleted);
    assert!(matches!(seen.look().trouble, Some(Trouble::OffsetLost { .. })));

    let mut seen = Seen::with(&[0, 1]);
    seen.judge = Judge::new(false, PATIENCE);
    seen.bounds.insert(name(0), deleted);
    let verdict = seen.look();
    assert!(verdict.trouble.is_none());
    assert_eq!(verdict.behind[&name(0)].messages, 3);
}

#[test]
fn a_member_that_knows_no_broker_is_replaced_at_once() {
    let mut seen = Seen::with(&[0, 1]);
    seen.seconds_without_brokers = 3;
    assert_eq!(seen.stalls_within(1), None, "it is connecting");
    seen.seconds_without_brokers = 4;
    assert_eq!(seen.stalls_within(1), Some(1));
}
