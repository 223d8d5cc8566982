//! What a Note says, and what no text can make it say.

use super::super::habits::Habits;
use super::super::ids::MemberId;
use super::super::phone::Peer;
use super::*;
use proptest::prelude::*;

const MARKER: &str = "rl:0123456789ab";

fn facts(lines: Vec<Line>) -> Facts {
    Facts {
        record_name: "Gus Dales".to_owned(),
        peer: "+14155552671".to_owned(),
        own_number: "Support (+14155550100)".to_owned(),
        opened_at: Timestamp(1_763_805_843_007),
        calendar: Calendar::of(&Habits {
            time_zone: Some("America/Los_Angeles".to_owned()),
            date_format: Some("m/d/Y".to_owned()),
            time_format: Some("h:ia".to_owned()),
        }),
        marker: MARKER.to_owned(),
        lines,
    }
}

fn gus() -> Sender {
    Sender::Peer(Peer::parse("+14155552671").unwrap())
}

fn sally() -> Sender {
    Sender::Member(MemberId::parse("sally").unwrap())
}

fn line(sender: Sender, text: &str, state: MessageState) -> Line {
    let name = matches!(sender, Sender::Member(_)).then(|| "Sally Bronsen".to_owned());
    let reason = (state == MessageState::Failed).then(|| "The number is not in use.".to_owned());
    Line {
        sender,
        name,
        text: text.to_owned(),
        state,
        reason,
        at: Timestamp(1_763_805_900_000),
    }
}

#[test]
fn a_transcript_reads_like_one() {
    let note = compose(&facts(vec![
        line(gus(), "Is my order\n=on its way?", MessageState::Received),
        line(sally(), "It left this morning.", MessageState::Delivered),
        line(sally(), "Noon?", MessageState::Failed),
    ]));
    assert_eq!(
        note.subject,
        "SMS conversation with Gus Dales (+14155552671), 11/22/2025 [rl:0123456789ab]"
    );
    assert_eq!(
        note.body,
        "Text messages between Gus Dales (+14155552671) and Support (+14155550100). \
         Times: America/Los_Angeles.\n\nSaturday, 11/22/2025\n\
         [02:05am] Gus Dales: Is my order\n        | =on its way?\n\
         [02:05am] Sally Bronsen: It left this morning.\n\
         [02:05am] Sally Bronsen: Noon? [NOT DELIVERED: The number is not in use.]\n"
    );
    assert_eq!(note.whole, None);
}

#[test]
fn what_is_too_long_is_cut_with_a_line_and_kept_whole_in_a_file() {
    let many = vec![line(gus(), &"ü".repeat(1_000), MessageState::Received); 100];
    let facts = facts(many);
    let note = compose(&facts);
    let named = format!("in the attached file {}.]", file_name(&facts));
    assert!(note.body.len() <= BODY_BYTES && note.body.ends_with(&named));
    assert_eq!(note.whole.unwrap().matches('ü').count(), 100_000);
}

#[test]
fn long_names_leave_room_for_number_day_and_marker() {
    let mut long = facts(vec![]);
    long.record_name = "N".repeat(400);
    let note = compose(&long);
    assert_eq!(note.subject.chars().count(), SUBJECT_CHARS);
    assert!(
        note.subject
            .ends_with("(+14155552671), 11/22/2025 [rl:0123456789ab]")
    );
}

#[test]
fn only_what_is_new_goes_below_what_a_person_wrote() {
    let before = facts(vec![
        line(sally(), "first", MessageState::Sent),
        line(sally(), "second", MessageState::Unknown),
    ]);
    let mut after = before.clone();
    assert_eq!(append(&after, "mine", &marks(&before)), None);
    after.lines[1].state = MessageState::Failed;
    after
        .lines
        .push(line(gus(), "third", MessageState::Received));
    let body = append(&after, "mine\n", &marks(&before)).unwrap().body;
    assert!(body.starts_with("mine\n\n[Added by Riverline"), "{body}");
    assert!(
        !body.contains("first") && body.contains("second [NOT DELIVERED") && body.contains("third")
    );
    let full = append(&after, &"x".repeat(BODY_BYTES), &marks(&before)).unwrap();
    assert!(full.body.contains("attached file") && full.whole.unwrap().contains("third"));
}

#[test]
fn markers_differ_as_ids_do() {
    let id = uuid::uuid!("6f0c1a52-4d0b-5a1e-9f43-0d6f1f0f5a11");
    assert_eq!(marker(id), "rl:6f0c1a524d0b");
}

#[test]
fn tricks_with_direction_are_visible() {
    assert_eq!(
        plain("a\u{202E}b\u{7}\t\u{85}"),
        "a<U+202E>b\u{2407}\u{2409}<U+0085>"
    );
}

fn any_text() -> impl Strategy<Value = String> {
    let nasty = "[=+@\\-\t\r\n\u{0}\u{85}\u{202e}\u{2066}\u{2028}\u{feff}a😀ü,;\"|]{0,60}";
    prop_oneof![
        nasty,
        any::<String>(),
        Just("=cmd|' /C calc'!A0".to_owned())
    ]
}

fn any_line() -> impl Strategy<Value = Line> {
    let states = [
        MessageState::Received,
        MessageState::Queued,
        MessageState::Unknown,
        MessageState::Failed,
    ];
    (any_text(), any::<prop::sample::Index>(), any_text()).prop_map(move |(text, state, name)| {
        Line {
            sender: sally(),
            name: Some(name),
            text,
            state: states[state.index(states.len())],
            reason: Some("=2+2".to_owned()),
            at: Timestamp(1_763_805_900_000),
        }
    })
}

proptest! {
    #[test]
    fn nothing_runs_hides_or_turns_whatever_people_write(
        lines in prop::collection::vec(any_line(), 0..20),
        name in any_text(),
        grown in 1_usize..400,
    ) {
        let mut facts = facts(lines);
        facts.record_name = name;
        facts.lines = facts.lines.iter().cycle().take(facts.lines.len() * grown).cloned().collect();
        let note = compose(&facts);
        prop_assert!(note.subject.chars().count() <= SUBJECT_CHARS);
        prop_assert!(note.subject.ends_with(" [rl:0123456789ab]"));
        prop_assert!(note.body.len() <= BODY_BYTES);
        let cut = note.body.ends_with(".txt.]");
        prop_assert_eq!(cut, note.whole.is_some());
        let whole = note.whole.unwrap_or_default();
        for text in [&note.subject, &note.body, &whole] {
            prop_assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || turns(c)));
            for line in text.split('\n') {
                prop_assert!(!line.trim_start().starts_with(['=', '+', '-', '@']), "{}", line);
            }
        }
    }

    #[test]
    fn what_was_appended_once_is_not_appended_again(
        lines in prop::collection::vec(any_line(), 0..20),
        body in any_text(),
        known in 0_usize..20,
    ) {
        let facts = facts(lines);
        let mut before = facts.clone();
        before.lines.truncate(known);
        let added = append(&facts, &body, &marks(&before));
        prop_assert_eq!(added.is_some(), facts.lines.len() > before.lines.len());
        prop_assert_eq!(append(&facts, &body, &marks(&facts)), None);
    }
}
