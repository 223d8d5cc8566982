use super::*;
use crate::domain::event::Audience;
use crate::domain::presence::PresenceState;

struct Fixed(Mutex<Timestamp>);

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

const BOUNDS: Bounds = Bounds {
    queue_events: 4,
    queue_bytes: 4_096,
    panels_per_member: 2,
    ring_events: 5,
    ring_bytes: 4_096,
    gone_after_ms: 20_000,
};

fn row(id: i64, to: &str) -> Logged {
    let event = format!("{{\"n\":{id}}}");
    Logged {
        id,
        audience: Audience::from_stored(to),
        event,
        created_at: Timestamp(id * 10),
    }
}

fn fanout() -> (Arc<Fanout>, Arc<Fixed>) {
    let clock = Arc::new(Fixed(Mutex::new(Timestamp(0))));
    (
        Fanout::new(Vec::new(), BOUNDS, Arc::<Fixed>::clone(&clock)),
        clock,
    )
}

fn member(id: &str) -> MemberId {
    MemberId::parse(id).unwrap()
}

fn join(fanout: &Arc<Fanout>, id: &str, after: Option<Cursor>) -> Result<Joined, Refused> {
    let token = TokenHash::of(id);
    fanout.join(
        &member(id),
        &token,
        Timestamp(i64::MAX),
        Choice::Available,
        after,
    )
}

async fn frames(queue: &mut PanelQueue, n: usize) -> Vec<String> {
    let mut got = Vec::new();
    for _ in 0..n {
        match queue.next().await {
            Some(Outgoing::Frame(frame)) => got.push(frame.to_string()),
            other => panic!("expected a frame, got {other:?}"),
        }
    }
    got
}

#[tokio::test]
async fn events_reach_their_audience_in_order_and_once() {
    let (fanout, _) = fanout();
    let mut sally = join(&fanout, "sally", None).unwrap();
    fanout.deliver(&[row(1, "sally"), row(2, "jim"), row(3, "*")]);
    fanout.deliver(&[row(3, "*")]);
    let got = frames(&mut sally.queue, 2).await;
    assert!(got[0].contains("\"n\":1") && got[1].contains("\"n\":3"));
    assert_eq!(fanout.position().id, 3);
}

#[tokio::test]
async fn a_gap_is_not_skipped_but_asked_for() {
    let (fanout, _) = fanout();
    fanout.deliver(&[row(1, "*")]);
    fanout.deliver(&[row(3, "*")]);
    assert_eq!(fanout.position().id, 1);
    fanout.gap().await;
    fanout.deliver(&[row(2, "*"), row(3, "*")]);
    assert_eq!(fanout.position().id, 3);
}

#[test]
fn resume_is_complete_or_refused() {
    let (fanout, _) = fanout();
    let all: Vec<Logged> = (1..=8).map(|id| row(id, "sally")).collect();
    fanout.deliver(&all);
    let resume = |cursor: Cursor| {
        let joined = join(&fanout, "sally", Some(cursor)).unwrap();
        (joined.resumed, joined.missed.len())
    };
    assert_eq!(resume(all[5].cursor()), (true, 2));
    assert_eq!(resume(all[7].cursor()), (true, 0));
    assert_eq!(resume(all[1].cursor()), (false, 0), "fell out of the ring");
    assert_eq!(
        resume(Cursor {
            id: 6,
            created_at: Timestamp(1)
        }),
        (false, 0),
        "another database"
    );
    assert_eq!(
        resume(Cursor {
            id: 99,
            created_at: Timestamp(990)
        }),
        (false, 0),
        "the future"
    );
    assert_eq!(resume(Cursor::START), (false, 0), "the beginning is gone");
}

#[test]
fn the_ring_is_bounded_with_its_audiences() {
    let crowd: Vec<String> = (0..200).map(|n| format!("member-{n}")).collect();
    let (fanout, _) = fanout();
    let rows: Vec<Logged> = (1..=3).map(|id| row(id, &crowd.join(" "))).collect();
    fanout.deliver(&rows[..1]);
    // One such event alone is over the bound of 4,096 bytes, so that nothing can be resumed.
    let resumed = |after| join(&fanout, "member-1", Some(after)).unwrap().resumed;
    assert!(!resumed(Cursor::START));
    fanout.deliver(&rows[1..]);
    assert!(!resumed(rows[1].cursor()));
}

#[test]
fn who_came_a_moment_ago_is_not_told_as_offline() {
    let (fanout, _) = fanout();
    let sally = join(&fanout, "sally", None).unwrap();
    assert!(!sally.presence.contains("offline"));
    assert!(fanout.presence().is_empty());
    fanout.settle_presence();
    assert_eq!(fanout.presence().len(), 1);
}

#[tokio::test]
async fn a_panel_that_does_not_read_is_cut_at_its_bound() {
    let (fanout, _) = fanout();
    let mut sally = join(&fanout, "sally", None).unwrap();
    fanout.deliver(&(1..=5).map(|id| row(id, "sally")).collect::<Vec<_>>());
    assert_eq!(
        sally.queue.next().await,
        Some(Outgoing::Close(Close::TooSlow))
    );
}

#[test]
fn one_member_has_so_many_panels_and_no_more() {
    let (fanout, _) = fanout();
    let first = join(&fanout, "sally", None).unwrap();
    let _second = join(&fanout, "sally", None).unwrap();
    assert_eq!(
        join(&fanout, "sally", None).err(),
        Some(Refused::TooManyPanels)
    );
    drop(first);
    assert!(join(&fanout, "sally", None).is_ok());
}

#[test]
fn presence_settles_over_tabs_and_the_grace_period() {
    let (fanout, clock) = fanout();
    let at = |ms| *clock.0.lock().unwrap() = Timestamp(ms);
    let first = join(&fanout, "sally", None).unwrap();
    let second = join(&fanout, "sally", None).unwrap();
    fanout.settle_presence();
    assert_eq!(fanout.presence()[0].state, PresenceState::Available);
    first.seat.activity(TabActivity::Away);
    second.seat.activity(TabActivity::Away);
    fanout.settle_presence();
    assert_eq!(fanout.presence()[0].state, PresenceState::Away);
    drop((first, second));
    at(19_999);
    fanout.settle_presence();
    assert_eq!(fanout.presence().len(), 1);
    at(20_000);
    fanout.settle_presence();
    assert!(fanout.presence().is_empty());
}
