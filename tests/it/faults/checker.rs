//! The checker's own test: histories doctored in one place, each of which it must catch.

use crate::support::history::{Applied, Entry, Kind, LogRow, Phase, Stored, Truth, check};
use std::collections::HashSet;

/// The chat of all these histories.
const CHAT: &str = "chat";

/// A history with its end; sound until doctored.
struct Case {
    entries: Vec<Entry>,
    truth: Truth,
    readers: Vec<Applied>,
}

fn text(id: &str) -> String {
    format!("text of {id}")
}

/// Sally sends m1 to m6 over one connection, two at a time, and m7 whose answer is lost; Sarah
/// reads from the start, Jim from m3 on. Row 1 and row 5 of the log tell of something else.
fn sound() -> Case {
    let mut entries = Vec::new();
    let mut note = |id: &str, phase| {
        let message = id.to_owned();
        entries.push(Entry { message, phase });
    };
    let invoke = |id: &str| Phase::Invoke {
        socket: 1,
        conversation: CHAT.to_owned(),
        text: text(id),
    };
    for pair in [["m1", "m2"], ["m3", "m4"], ["m5", "m6"]] {
        for id in pair {
            note(id, invoke(id));
        }
        for id in pair {
            note(id, Phase::Ok);
        }
    }
    note("refused", invoke("refused"));
    note("refused", Phase::Fail);
    note("m7", invoke("m7"));
    note("m7", Phase::Info);
    note("gone", invoke("gone"));
    note("gone", Phase::Info);
    let ids = ["m1", "m2", "m3", "m4", "m5", "m6", "m7"];
    let stored = |id: &&str| Stored {
        id: (*id).to_owned(),
        conversation: CHAT.to_owned(),
        text: text(id),
    };
    let rows = [
        None,
        Some("m1"),
        Some("m2"),
        Some("m3"),
        None,
        Some("m4"),
        Some("m5"),
        Some("m6"),
        Some("m7"),
    ];
    let log: Vec<LogRow> = (1..)
        .zip(rows)
        .map(|(id, message)| LogRow {
            id,
            audience: (id != 5).then(|| vec!["sally".into(), "sarah".into(), "jim".into()]),
            message: message.map(str::to_owned),
        })
        .collect();
    let reader = |name: &str, since: i64| Applied {
        reader: name.to_owned(),
        member: name.to_owned(),
        since,
        events: log
            .iter()
            .filter(|row| row.id > since)
            .map(|row| (row.id, row.message.clone()))
            .collect(),
        reloads: 0,
    };
    let readers = vec![reader("sarah", 0), reader("jim", 4)];
    let truth = Truth {
        messages: ids.iter().map(stored).collect(),
        api: [(CHAT.to_owned(), ids.map(str::to_owned).to_vec())].into(),
        log,
    };
    Case {
        entries,
        truth,
        readers,
    }
}

impl Case {
    fn kinds(&self) -> HashSet<Kind> {
        check(&self.entries, &self.truth, &self.readers)
            .into_iter()
            .map(|violation| violation.kind)
            .collect()
    }

    /// Writes the order of messages anew, everywhere but in what senders and readers saw.
    fn store(&mut self, ids: &[&str]) {
        let stored = |id: &&str| Stored {
            id: (*id).to_owned(),
            conversation: CHAT.to_owned(),
            text: text(id),
        };
        self.truth.messages = ids.iter().map(stored).collect();
        self.truth.api = [(
            CHAT.to_owned(),
            ids.iter().map(|id| (*id).to_owned()).collect(),
        )]
        .into();
        let told = std::iter::once(None).chain(ids.iter().map(|id| Some((*id).to_owned())));
        self.truth.log = (1..)
            .zip(told)
            .map(|(id, message)| LogRow {
                id,
                audience: None,
                message,
            })
            .collect();
    }

    /// Gives every reader what the log now tells.
    fn read_again(&mut self) {
        for reader in &mut self.readers {
            let mine = self.truth.log.iter().filter(|row| row.id > reader.since);
            reader.events = mine.map(|row| (row.id, row.message.clone())).collect();
        }
    }
}

/// Doctors the sound history and returns what the checker says.
fn doctored(doctor: impl FnOnce(&mut Case)) -> HashSet<Kind> {
    let mut case = sound();
    doctor(&mut case);
    case.kinds()
}

/// Doctors what is stored, the readers having seen just that.
fn stored_as(ids: &[&str]) -> HashSet<Kind> {
    doctored(|case| {
        case.store(ids);
        case.read_again();
    })
}

#[test]
fn a_sound_history_passes() {
    assert_eq!(sound().kinds(), HashSet::new());
    // What nobody knows may be there or not.
    assert_eq!(
        stored_as(&["m1", "m2", "m3", "m4", "m5", "m6"]),
        HashSet::new()
    );
    let both = ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "gone"];
    assert_eq!(stored_as(&both), HashSet::new());
}

#[test]
fn messages_lost_doubled_made_up_or_altered_are_caught() {
    let lost = stored_as(&["m1", "m2", "m3", "m5", "m6", "m7"]);
    assert_eq!(lost, [Kind::Lost].into());
    let newest_lost = stored_as(&["m1", "m2", "m3", "m4", "m5"]);
    assert_eq!(newest_lost, [Kind::Lost].into());
    let doubled = stored_as(&["m1", "m2", "m3", "m4", "m5", "m6", "m6", "m7"]);
    assert!(doubled.contains(&Kind::Doubled), "{doubled:?}");
    let doubtful_doubled = stored_as(&["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m7"]);
    assert!(doubtful_doubled.contains(&Kind::Doubled));
    let refused = stored_as(&["m1", "m2", "m3", "m4", "m5", "m6", "refused"]);
    assert_eq!(refused, [Kind::Ghost].into());
    let unheard_of = stored_as(&["m1", "m2", "m3", "m4", "m5", "m6", "nobody's"]);
    assert_eq!(unheard_of, [Kind::Ghost].into());
    let altered = doctored(|case| case.truth.messages[2].text.push('!'));
    assert_eq!(altered, [Kind::Altered].into());
    let elsewhere = doctored(|case| case.truth.messages[2].conversation.push('!'));
    assert!(elsewhere.contains(&Kind::Altered));
}

#[test]
fn an_order_that_is_not_the_senders_is_caught() {
    // m1 and m2 left together: the order of the connection counts.
    let frames_swapped = stored_as(&["m2", "m1", "m3", "m4", "m5", "m6", "m7"]);
    assert_eq!(frames_swapped, [Kind::Reordered].into());
    // m3 was acknowledged before m5 was sent: it counts even over several connections.
    let overtaken = doctored(|case| {
        for entry in &mut case.entries {
            if let Phase::Invoke { socket, .. } = &mut entry.phase {
                *socket = entry.message.as_bytes()[1].into();
            }
        }
        case.store(&["m1", "m2", "m5", "m3", "m4", "m6", "m7"]);
        case.read_again();
    });
    assert_eq!(overtaken, [Kind::Reordered].into());
}

#[test]
fn a_log_or_an_api_that_tells_another_story_is_caught() {
    let hole = doctored(|case| {
        for row in &mut case.truth.log[4..] {
            row.id += 1;
        }
        case.read_again();
    });
    assert!(hole.contains(&Kind::Disagreement));
    let untold = doctored(|case| case.truth.log[3].message = None);
    assert!(untold.contains(&Kind::Disagreement));
    let swapped = doctored(|case| {
        case.truth.log[1].message = Some("m2".to_owned());
        case.truth.log[2].message = Some("m1".to_owned());
        case.readers.clear();
    });
    assert_eq!(swapped, [Kind::Disagreement].into());
    let only_told = doctored(|case| case.truth.log[4].message = Some("phantom".to_owned()));
    assert!(only_told.contains(&Kind::Disagreement));
    let api_forgets = doctored(|case| {
        let ids = case.truth.api.get_mut(CHAT).unwrap();
        ids.pop();
    });
    assert_eq!(api_forgets, [Kind::Disagreement].into());
}

#[test]
fn readers_who_miss_repeat_or_mix_are_caught() {
    let sarah = |doctor: fn(&mut Applied)| doctored(|case| doctor(&mut case.readers[0]));
    let gap = sarah(|reader| {
        reader.events.remove(3);
    });
    assert_eq!(gap, [Kind::Missed].into());
    let never_the_last = sarah(|reader| {
        reader.events.pop();
    });
    assert_eq!(never_the_last, [Kind::Missed].into());
    let nothing_but_messages = sarah(|reader| reader.events.retain(|(_, id)| id.is_some()));
    assert_eq!(nothing_but_messages, [Kind::Missed].into());
    let twice_in_a_row = sarah(|reader| reader.events.insert(3, reader.events[3].clone()));
    assert_eq!(twice_in_a_row, [Kind::Repeated].into());
    let twice_after_resume = sarah(|reader| reader.events.extend_from_within(6..));
    assert!(twice_after_resume.contains(&Kind::Repeated));
    let swapped = sarah(|reader| reader.events.swap(2, 3));
    assert_eq!(swapped, [Kind::OutOfPlace].into());
    let another_message = sarah(|reader| reader.events[1].1 = Some("m2".to_owned()));
    assert_eq!(another_message, [Kind::OutOfPlace].into());
    let made_up = sarah(|reader| reader.events.push((99, Some("m9".to_owned()))));
    assert_eq!(made_up, [Kind::OutOfPlace].into());
    let older = sarah(|reader| reader.since = 4);
    assert_eq!(older, [Kind::OutOfPlace].into());
    let somebody_elses = doctored(|case| {
        case.truth.log[6].audience = Some(vec!["sally".to_owned(), "jim".to_owned()]);
    });
    assert_eq!(somebody_elses, [Kind::OutOfPlace].into());
    let sent_away = sarah(|reader| reader.reloads = 1);
    assert_eq!(sent_away, [Kind::Reload].into());
}
