//! What Sugar asserted, in the words in which it is otherwise asked.

use super::{CrmError, CrmUser, Record, UserKind};
use crate::domain::assertion::{MOST_RECORDS, StatedUser, Statement};
use crate::domain::habits::Habits;
use crate::domain::phone::Country;
use crate::domain::record::RecordRef;

/// The user it is about.
pub(super) fn user(stated: &StatedUser) -> CrmUser {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    CrmUser {
        id: stated.id.clone(),
        user_name: stated.user_name.clone(),
        name: said(&stated.name).unwrap_or_else(|| stated.user_name.clone()),
        title: said(&stated.title),
        department: said(&stated.department),
        picture: said(&stated.picture),
        active: stated.status == "Active",
        admin: stated.admin,
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

/// A record's phones as the user may see them.
pub(super) fn phones(statement: &Statement, of: &RecordRef) -> Result<Record, CrmError> {
    let stated = statement.record(of).ok_or_else(|| CrmError::NotStated {
        records: vec![of.clone()],
    })?;
    let phones = stated.phones.clone().ok_or(CrmError::NotVisible)?;
    Ok(Record {
        reference: of.clone(),
        phones,
        country: Country::of_address(&stated.country),
    })
}

/// Those that he may not see. Each has to be stated, or as many as one assertion can hold.
pub(super) fn refused(
    statement: &Statement,
    records: &[RecordRef],
) -> Result<Vec<RecordRef>, CrmError> {
    let (stated, missing): (Vec<_>, Vec<_>) = records
        .iter()
        .partition(|record| statement.record(record).is_some());
    if !missing.is_empty() && stated.len() < MOST_RECORDS {
        let wanted = stated.into_iter().chain(missing).take(MOST_RECORDS);
        return Err(CrmError::NotStated {
            records: wanted.cloned().collect(),
        });
    }
    let hidden = |record: &&RecordRef| {
        let stated = statement.record(record);
        stated.is_some_and(|stated| stated.phones.is_none())
    };
    Ok(stated.into_iter().filter(hidden).cloned().collect())
}
