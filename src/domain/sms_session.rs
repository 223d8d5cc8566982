//! The rules of an SMS session: routing, claiming, closing, reopening.

use super::clock::Timestamp;
use super::conversation::SessionState;
use super::ids::MemberId;

/// What a send into a session means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendRule {
    /// It is open.
    Accept,
    /// Closed a moment ago: the text reopens it.
    Reopen,
    /// Closed for longer: the panel opens a new one.
    Refuse,
}

/// Whether a session takes a text now.
pub fn send_rule(
    state: SessionState,
    closed_at: Option<Timestamp>,
    now: Timestamp,
    reopen_ms: i64,
) -> SendRule {
    match (state, closed_at) {
        (SessionState::Open, _) => SendRule::Accept,
        (SessionState::Closed, Some(at)) if now <= at.plus_ms(reopen_ms) => SendRule::Reopen,
        (SessionState::Closed, _) => SendRule::Refuse,
    }
}

/// What a member's reply means for who answers a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimRule {
    /// The reply makes it his.
    Claims,
    /// It is his already, or he joined it.
    May,
    /// Somebody else was first.
    Lost(MemberId),
    /// It was never routed to him.
    Outsider,
}

/// Decides a reply by compare-and-set on owner and participants.
pub fn claim_rule(owner: Option<&MemberId>, members: &[MemberId], replier: &MemberId) -> ClaimRule {
    match owner {
        Some(owner) if owner == replier => ClaimRule::May,
        _ if !members.contains(replier) => {
            owner.map_or(ClaimRule::Outsider, |owner| ClaimRule::Lost(owner.clone()))
        }
        Some(_) => ClaimRule::May,
        None => ClaimRule::Claims,
    }
}

/// Whom a new inbound session goes to (design section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// Everybody it pops up for.
    pub members: Vec<MemberId>,
    /// Set when it is one member's from the start.
    pub owner: Option<MemberId>,
}

/// The last texter if active, else the record's assigned user, else all members of the number.
pub fn route(
    last_texter: Option<MemberId>,
    assigned: Option<MemberId>,
    number_members: Vec<MemberId>,
) -> Routing {
    let reachable = |member: &MemberId| number_members.contains(member);
    match last_texter
        .filter(reachable)
        .or_else(|| assigned.filter(reachable))
    {
        Some(member) => Routing {
            members: vec![member.clone()],
            owner: Some(member),
        },
        None => Routing {
            members: number_members,
            owner: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str) -> MemberId {
        MemberId::parse(id).unwrap()
    }

    #[test]
    fn a_text_reopens_within_the_window_only() {
        let rule = |now| {
            send_rule(
                SessionState::Closed,
                Some(Timestamp(1_000)),
                Timestamp(now),
                600,
            )
        };
        assert_eq!(rule(1_600), SendRule::Reopen);
        assert_eq!(rule(1_601), SendRule::Refuse);
    }

    #[test]
    fn the_first_reply_claims_and_the_second_is_told() {
        let (sally, jim, will) = (member("sally"), member("jim"), member("will"));
        let both = [sally.clone(), jim.clone()];
        assert_eq!(claim_rule(None, &both, &jim), ClaimRule::Claims);
        assert_eq!(
            claim_rule(Some(&jim), std::slice::from_ref(&jim), &sally),
            ClaimRule::Lost(jim.clone())
        );
        assert_eq!(claim_rule(Some(&jim), &both, &sally), ClaimRule::May);
        assert_eq!(claim_rule(None, &both, &will), ClaimRule::Outsider);
    }

    #[test]
    fn routing_prefers_the_last_texter_then_the_assigned_user() {
        let everyone = vec![member("sally"), member("jim")];
        let to = |last: Option<&str>, assigned: Option<&str>| {
            route(last.map(member), assigned.map(member), everyone.clone())
        };
        assert_eq!(to(Some("jim"), Some("sally")).members, vec![member("jim")]);
        assert_eq!(to(Some("gone"), Some("sally")).owner, Some(member("sally")));
        assert_eq!(to(None, Some("gone")).members, everyone);
        assert_eq!(to(None, None).owner, None);
    }
}
