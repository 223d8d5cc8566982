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
            Outgoing::Frame(frame) => got.push(frame.to_string()),
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
    fanout.behind().await;
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
    assert_eq!(sally.queue.next().await, Outgoing::Close(Close::TooSlow));
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

#[test]
fn a_logout_while_the_hello_was_read_leaves_no_socket() {
    let (fanout, clock) = fanout();
    let ended = Event::SignInsEnded {
        member_id: member("sally"),
        tokens: vec![TokenHash::of("sally").as_str().to_owned()],
    };
    let told = Logged {
        id: 1,
        audience: Audience::Nodes,
        event: serde_json::to_string(&ended).unwrap(),
        created_at: Timestamp(0),
    };
    let mut seated = join(&fanout, "sally", None).unwrap();
    fanout.deliver([&told]);
    assert_eq!(seated.queue.take(), Some(Outgoing::Close(Close::Token)));
    assert_eq!(
        join(&fanout, "sally", None).err(),
        Some(Refused::TokenEnded)
    );
    // Long after every hello that could have read the token before it ended.
    *clock.0.lock().unwrap() = Timestamp(ENDED_KEPT_MS);
    fanout.settle_presence();
    assert!(join(&fanout, "sally", None).is_ok());
}

fn there(node: &str, id: &str, state: PresenceState) -> NodePresence {
    let since = Timestamp(0);
    let member_id = member(id);
    NodePresence {
        node: node.to_owned(),
        members: vec![Presence {
            member_id,
            state,
            since,
        }],
    }
}

#[test]
fn presence_over_nodes_is_the_most_telling_of_all() {
    use PresenceState::{Available, Away};
    let (fanout, clock) = fanout();
    let at = |ms| *clock.0.lock().unwrap() = Timestamp(ms);
    let shown = || fanout.presence().first().map(|one| one.state);
    fanout.take_over_presence(vec![there("b", "sally", Away)]);
    assert_eq!(shown(), Some(Away));
    let here = join(&fanout, "sally", None).unwrap();
    assert!(fanout.settle_presence());
    assert_eq!(fanout.presence_here()[&member("sally")].state, Available);
    assert_eq!(shown(), Some(Available));
    here.seat.activity(TabActivity::Away);
    fanout.take_over_presence(vec![there("b", "sally", Available)]);
    fanout.settle_presence();
    assert_eq!(shown(), Some(Available));
    // The other node says itself that she is gone: no grace beyond its own.
    fanout.take_over_presence(vec![NodePresence {
        node: "b".to_owned(),
        members: Vec::new(),
    }]);
    assert_eq!(shown(), Some(Away));
    fanout.take_over_presence(vec![there("b", "sally", Available)]);
    // The other node dies: its panels have as long to come back as a tab has.
    at(1_000);
    fanout.take_over_presence(Vec::new());
    at(20_999);
    fanout.settle_presence();
    assert_eq!(shown(), Some(Available));
    at(21_000);
    fanout.settle_presence();
    assert_eq!(shown(), Some(Away));
}

#[tokio::test]
async fn a_hint_wakes_only_who_is_behind() {
    let (fanout, _) = fanout();
    fanout.deliver(&[row(1, "sally")]);
    fanout.reached(1);
    let waiting = tokio::time::timeout(std::time::Duration::ZERO, fanout.behind());
    assert!(waiting.await.is_err());
    fanout.reached(2);
    fanout.behind().await;
}

#[test]
fn a_log_with_a_hole_is_resumed_only_after_it() {
    let (_, clock) = fanout();
    let rows = [
        row(1, "sally"),
        row(2, "sally"),
        row(4, "sally"),
        row(5, "sally"),
    ];
    let fanout_of =
        |rows: &[Logged]| Fanout::new(rows.to_vec(), BOUNDS, Arc::<Fixed>::clone(&clock));
    let holed = fanout_of(&rows);
    let resumed = |place: &Logged| join(&holed, "sally", Some(place.cursor())).unwrap().resumed;
    assert_eq!((resumed(&rows[1]), resumed(&rows[2])), (false, true));
}

#[test]
fn another_log_sends_every_panel_away_to_reload() {
    let (fanout, _) = fanout();
    fanout.deliver(&[row(1, "sally"), row(2, "sally")]);
    let mut seated = join(&fanout, "sally", None).unwrap();
    let restored = Logged {
        created_at: Timestamp(77),
        ..row(2, "sally")
    };
    let told = fanout.position();
    fanout.start_over(told, vec![row(1, "sally"), restored]);
    let away = seated.queue.take();
    assert!(matches!(
        away,
        Some(Outgoing::Close(Close::Restarting { .. }))
    ));
    let old = join(&fanout, "sally", Some(row(2, "sally").cursor()));
    assert!(!old.unwrap().resumed);
}

#[test]
fn what_was_missed_comes_in_the_order_of_the_log() {
    let (fanout, _) = fanout();
    let rows = [
        row(1, "sally"),
        row(2, "*"),
        row(3, "sarah sally"),
        row(4, "*"),
        row(5, "sarah"),
    ];
    fanout.deliver(&rows);
    let missed = |after: Cursor, who| {
        let joined = join(&fanout, who, Some(after)).unwrap();
        let places = joined
            .missed
            .iter()
            .map(|frame| frame.split("\"n\":").nth(1).unwrap()[..1].to_owned());
        places.collect::<Vec<_>>().concat()
    };
    assert_eq!(missed(Cursor::START, "sally"), "1234");
    assert_eq!(missed(rows[1].cursor(), "sarah"), "345");
    assert_eq!(missed(rows[4].cursor(), "sally"), "");
    // The oldest leaves the ring of five, and every list with it.
    fanout.deliver(&[row(6, "sally")]);
    assert_eq!(missed(rows[1].cursor(), "sally"), "346");
    assert!(!join(&fanout, "will", Some(Cursor::START)).unwrap().resumed);
}

#[tokio::test]
async fn a_change_of_very_many_members_cuts_nobody() {
    const MANY: usize = 2 * presence_news::TOLD_AT_ONCE + 1;
    let bounds = Bounds {
        queue_events: 256,
        queue_bytes: 32_768,
        ..BOUNDS
    };
    let clock = Arc::new(Fixed(Mutex::new(Timestamp(0))));
    let fanout = Fanout::new(Vec::new(), bounds, clock);
    let mut seated = join(&fanout, "sally", None).unwrap();
    let everybody = (0..MANY).map(|n| Presence {
        member_id: member(&format!("member-{n}")),
        state: PresenceState::Away,
        since: Timestamp(0),
    });
    fanout.take_over_presence(vec![NodePresence {
        node: "b".to_owned(),
        members: everybody.collect(),
    }]);
    let mut told = 0;
    for _ in 0..4 {
        fanout.settle_presence();
        while let Some(outgoing) = seated.queue.take() {
            let Outgoing::Frame(frame) = outgoing else {
                panic!("the panel was cut");
            };
            told += frame.matches("member-").count();
        }
    }
    assert_eq!(told, MANY);
}

#[test]
fn a_choice_while_the_hello_was_read_counts() {
    let (fanout, _) = fanout();
    let chosen = Event::PresenceChosen {
        member_id: member("sally"),
        choice: Choice::Busy,
    };
    fanout.deliver([&Logged {
        id: 1,
        audience: Audience::Nodes,
        event: serde_json::to_string(&chosen).unwrap(),
        created_at: Timestamp(0),
    }]);
    let _seated = join(&fanout, "sally", None).unwrap();
    fanout.settle_presence();
    assert_eq!(fanout.presence()[0].state, PresenceState::Busy);
}
