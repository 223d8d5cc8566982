//! What Sugar asserted, in the words in which it is otherwise asked.

use super::{CrmError, CrmUser, Record, Seen, UserKind};
use crate::domain::assertion::{MOST_RECORDS, StatedUser, Statement};
use crate::domain::habits::Habits;
use crate::domain::ids::MemberId;
use crate::domain::phone::Country;
use crate::domain::record::RecordRef;

/// The user it is about.
pub(super) fn user(stated: &StatedUser) -> CrmUser {
    CrmUser {
        id: stated.id.clone(),
        user_name: stated.user_name.clone(),
        name: said(&stated.name).unwrap_or_else(|| stated.user_name.clone()),
        title: said(&stated.title),
        department: said(&stated.department),
        picture: said(&stated.picture),
        active: stated.status == "Active",
        admin: Some(stated.admin),
        kind: match (stated.is_group, stated.portal_only) {
            (true, _) => UserKind::Group,
            (false, true) => UserKind::Portal,
            (false, false) => UserKind::Person,
        },
        habits: Habits {
            time_zone: said(&stated.time_zone),
            date_format: said(&stated.date_format),
            time_format: said(&stated.time_format),
        },
        modified_at: None,
    }
}

/// A record as a member may see it, if the statement is about him.
pub(super) fn record_of_user(
    statement: &Statement,
    whose: &MemberId,
    of: &RecordRef,
    do_not_text_field: &str,
) -> Result<Record, CrmError> {
    let stated = user(&statement.user);
    if stated.id != whose.as_str() || !stated.may_be_member() {
        return Err(CrmError::AnotherUser);
    }
    record(statement, of, do_not_text_field)
}

fn record(
    statement: &Statement,
    of: &RecordRef,
    do_not_text_field: &str,
) -> Result<Record, CrmError> {
    let stated = statement.record(of).ok_or_else(|| CrmError::NotStated {
        records: vec![of.clone()],
    })?;
    let phones = stated.phones.clone().ok_or(CrmError::NotVisible)?;
    Ok(Record {
        reference: of.clone(),
        phones,
        country: Country::of_address(&stated.country),
        state: said(&stated.state),
        do_not_text: stated.checked.iter().any(|it| it == do_not_text_field),
    })
}

/// Those that he sees, and those that he may not see. Each has to be stated, or the first ones, as
/// many as one assertion can hold.
pub(super) fn seen(
    statement: &Statement,
    records: &[RecordRef],
    do_not_text_field: &str,
) -> Result<Seen, CrmError> {
    let is_stated = |record: &&RecordRef| statement.record(record).is_some();
    let wanted = &records[..records.len().min(MOST_RECORDS)];
    if !wanted.iter().all(|record| is_stated(&record)) {
        return Err(CrmError::NotStated {
            records: wanted.to_vec(),
        });
    }
    let stated = records.iter().filter(is_stated);
    let mut seen = Seen::default();
    for of in stated {
        match record(statement, of, do_not_text_field) {
            Ok(record) => seen.shown.push(record),
            Err(_) => seen.refused.push(of.clone()),
        }
    }
    Ok(seen)
}

fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
