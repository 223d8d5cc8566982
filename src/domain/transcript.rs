//! A closed session as a Sugar Note: subject and body.

use super::clock::Timestamp;
use super::message::{MessageState, Sender};
use jiff::tz::TimeZone;

/// Longest subject: Sugar cuts `name` silently after it (sugar-server 2.7), in characters.
pub const SUBJECT_CHARS: usize = 255;
/// Longest body: Sugar cuts `description` silently at 65,535 bytes (sugar-server 2.7).
pub const BODY_BYTES: usize = 60_000;
const CUT: &str = "\n[The rest is left out here: the conversation is too long for one Note.]";

/// One line of a transcript before it is written.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who wrote it.
    pub sender: Sender,
    /// His name when it is a member.
    pub name: Option<String>,
    /// The text.
    pub text: String,
    /// Where it ended up.
    pub state: MessageState,
    /// Why, for `failed` and `unknown`.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What a Note is made of.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The record's name.
    pub record_name: String,
    /// The peer as shown.
    pub peer: String,
    /// Label and number of ours.
    pub own_number: String,
    /// When the session was opened.
    pub opened_at: Timestamp,
    /// The time zone of the member who answered it.
    pub zone: TimeZone,
    /// Every message in order.
    pub lines: Vec<Line>,
}

/// Subject and body of the Note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    /// At most [`SUBJECT_CHARS`] characters.
    pub subject: String,
    /// At most [`BODY_BYTES`] bytes.
    pub body: String,
}

/// Writes the Note of a session.
pub fn compose(facts: &Facts) -> Transcript {
    let day = facts
        .opened_at
        .in_zone(&facts.zone)
        .strftime("%Y-%m-%d")
        .to_string();
    let tail = format!(" ({}), {day}", facts.peer);
    let head = format!("SMS conversation with {}", plain(&facts.record_name));
    let room = SUBJECT_CHARS.saturating_sub(tail.chars().count());
    let subject = head.chars().take(room).collect::<String>() + &tail;
    Transcript {
        subject,
        body: body(facts),
    }
}

fn body(facts: &Facts) -> String {
    let zone = facts.opened_at.in_zone(&facts.zone);
    let mut text = format!(
        "Text messages between {} ({}) and {}. Times: {}.\n",
        plain(&facts.record_name),
        facts.peer,
        facts.own_number,
        zone.time_zone().iana_name().unwrap_or("UTC"),
    );
    let mut day = String::new();
    for line in &facts.lines {
        let at = line.at.in_zone(&facts.zone);
        let this_day = at.strftime("%A, %Y-%m-%d").to_string();
        let mut entry = String::new();
        if this_day != day {
            entry.push_str(&format!("\n{this_day}\n"));
            day = this_day;
        }
        let who = match (&line.sender, &line.name) {
            (Sender::Member(_), Some(name)) => plain(name),
            (Sender::Member(id), None) => id.to_string(),
            (Sender::Peer(_), _) => plain(&facts.record_name),
            (Sender::Key(id), _) => format!("API key {id}"),
            (Sender::Service, _) => "Automatic answer".to_owned(),
        };
        entry.push_str(&format!(
            "[{}] {who}: {}{}\n",
            at.strftime("%H:%M"),
            plain_lines(&line.text),
            mark(line)
        ));
        if text.len() + entry.len() + CUT.len() > BODY_BYTES {
            text.push_str(CUT);
            break;
        }
        text.push_str(&entry);
    }
    text
}

fn mark(line: &Line) -> String {
    let reason = line
        .reason
        .as_deref()
        .map_or(String::new(), |reason| format!(": {reason}"));
    match line.state {
        MessageState::Failed => format!(" [NOT DELIVERED{reason}]"),
        MessageState::Unknown => " [UNKNOWN whether this was delivered]".to_owned(),
        MessageState::Scheduled | MessageState::Queued | MessageState::Sending => {
            " [not yet sent when the session was closed]".to_owned()
        }
        MessageState::Canceled => " [called off, never sent]".to_owned(),
        _ => String::new(),
    }
}

/// Control and direction-changing characters made visible, so a transcript cannot lie.
fn plain(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn plain_lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(plain).collect();
    lines.join("\n        ")
}

fn visible(c: char) -> char {
    match c {
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        c if c.is_control() => '\u{FFFD}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::MemberId;
    use super::super::phone::Peer;
    use super::*;

    fn facts(lines: Vec<Line>) -> Facts {
        Facts {
            record_name: "Gus Dales".to_owned(),
            peer: "+14155552671".to_owned(),
            own_number: "Support (+14155550100)".to_owned(),
            opened_at: Timestamp(1_763_805_843_007),
            zone: TimeZone::get("America/Los_Angeles").unwrap(),
            lines,
        }
    }

    fn line(sender: Sender, text: &str, state: MessageState) -> Line {
        let name = matches!(sender, Sender::Member(_)).then(|| "Sally Bronsen".to_owned());
        let reason =
            (state == MessageState::Failed).then(|| "The number is not in use.".to_owned());
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
        let sally = Sender::Member(MemberId::parse("sally").unwrap());
        let gus = Sender::Peer(Peer::parse("+14155552671").unwrap());
        let note = compose(&facts(vec![
            line(gus, "Is my order\non its way?", MessageState::Received),
            line(
                sally.clone(),
                "It left this morning.",
                MessageState::Delivered,
            ),
            line(sally, "Noon?", MessageState::Failed),
        ]));
        assert_eq!(
            note.subject,
            "SMS conversation with Gus Dales (+14155552671), 2025-11-22"
        );
        assert_eq!(
            note.body,
            "Text messages between Gus Dales (+14155552671) and Support (+14155550100). \
             Times: America/Los_Angeles.\n\nSaturday, 2025-11-22\n\
             [02:05] Gus Dales: Is my order\n        on its way?\n\
             [02:05] Sally Bronsen: It left this morning.\n\
             [02:05] Sally Bronsen: Noon? [NOT DELIVERED: The number is not in use.]\n"
        );
    }

    #[test]
    fn long_transcripts_say_that_they_are_cut() {
        let gus = Sender::Peer(Peer::parse("+14155552671").unwrap());
        let many = vec![line(gus, &"ü".repeat(1_000), MessageState::Received); 100];
        let note = compose(&facts(many));
        assert!(note.body.len() <= BODY_BYTES);
        assert!(note.body.ends_with(CUT));
    }

    #[test]
    fn long_names_leave_room_for_number_and_day() {
        let mut long = facts(vec![]);
        long.record_name = "N".repeat(400);
        let note = compose(&long);
        assert_eq!(note.subject.chars().count(), SUBJECT_CHARS);
        assert!(note.subject.ends_with("(+14155552671), 2025-11-22"));
    }

    #[test]
    fn tricks_with_direction_are_visible() {
        assert_eq!(plain("a\u{202E}b\u{7}"), "a\u{FFFD}b\u{FFFD}");
    }
}
