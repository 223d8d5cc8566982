//! Which records a user sees: Sugar is asked with his own token.

use serde_json::Value;

use super::answers::{incomplete, not_visible, same_record, token_refused};
use super::bulk::{self, Part};
use super::rest::Call;
use super::sugar::{Sugar, check_id};
use super::{CrmError, Record, Seen, SugarToken};
use crate::domain::ids::MemberId;
use crate::domain::record::RecordRef;

/// Records that one call asks for.
const PER_CALL: usize = 50;

impl Sugar {
    /// A record as a user sees it, in one request with the question whether the token is his.
    pub(super) async fn record_of_user(
        &self,
        token: &SugarToken,
        whose: &MemberId,
        of: &RecordRef,
    ) -> Result<Record, CrmError> {
        check_id(&of.id)?;
        let parts = [me(), read(of, &self.fields(of.module))];
        let mut answers = self.parts_as_user(token, &parts).await?.into_iter();
        let (Some(me), Some(answer)) = (answers.next(), answers.next()) else {
            return Err(incomplete());
        };
        if me.map_err(token_refused)?["current_user"]["id"] != whose.as_str() {
            return Err(CrmError::AnotherUser);
        }
        let answer = answer.map_err(not_visible)?;
        same_record(&answer, &of.id)?;
        Ok(self.record(of.clone(), &answer))
    }

    /// Records as a user sees them, or does not.
    pub(super) async fn records_of_user(
        &self,
        token: &SugarToken,
        records: &[RecordRef],
    ) -> Result<Seen, CrmError> {
        let mut seen = Seen::default();
        for some in records.chunks(PER_CALL) {
            let part = |of: &RecordRef| read(of, &self.fields(of.module));
            let parts: Vec<_> = some.iter().map(part).collect();
            let answers = self.parts_as_user(token, &parts).await?;
            let shown = some.iter().zip(&answers).filter_map(|(of, answer)| {
                let answer = answer.as_ref().ok()?;
                same_record(answer, &of.id).ok()?;
                Some(self.record(of.clone(), answer))
            });
            seen.shown.extend(shown);
            seen.refused.extend(refused(some, &answers));
        }
        Ok(seen)
    }

    async fn parts_as_user(
        &self,
        token: &SugarToken,
        parts: &[Part],
    ) -> Result<Vec<Result<Value, CrmError>>, CrmError> {
        let call = Call::post(&["bulk"], bulk::request(&self.rest, parts));
        bulk::answers(self.as_user(token, &call).await?, parts)
    }
}

/// The call that says whose token it is.
fn me() -> Part {
    Part {
        path: "me".to_owned(),
        body: None,
    }
}

/// The call that reads one record among several.
fn read(record: &RecordRef, fields: &str) -> Part {
    Part {
        path: format!(
            "{}/{}?fields=id,{fields}",
            record.module.as_str(),
            record.id
        ),
        body: None,
    }
}

/// Those that Sugar clearly refused; any other failure of a part says nothing about rights.
fn refused(records: &[RecordRef], answers: &[Result<Value, CrmError>]) -> Vec<RecordRef> {
    let is_refusal = |answer: &Result<Value, CrmError>| match answer {
        Err(CrmError::Refused { status, code }) => {
            matches!(
                (status, code.as_str()),
                (403, "not_authorized") | (404, "not_found")
            )
        }
        _ => false,
    };
    let pairs = records.iter().zip(answers);
    let refused = pairs.filter(|(_, answer)| is_refusal(answer));
    refused.map(|(record, _)| record.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::bulk::answers;
    use super::*;
    use crate::domain::record::Module;
    use serde_json::json;

    #[test]
    fn only_a_clear_no_counts_as_one() {
        let records: Vec<_> = ["a", "b", "c", "d", "e"]
            .map(|id| RecordRef {
                module: Module::Leads,
                id: id.to_owned(),
            })
            .into();
        let parts: Vec<_> = records
            .iter()
            .map(|record| read(record, "phone_work"))
            .collect();
        assert_eq!(parts[0].path, "Leads/a?fields=id,phone_work");
        let part = |status, contents| json!({"status": status, "contents": contents});
        let body = json!([
            part(200, json!({"id": "a"})),
            part(403, json!({"error": "not_authorized"})),
            part(404, json!({"error": "not_found"})),
            part(404, json!("<html>gone</html>")),
            part(500, json!({"error": "fatal_error"})),
        ]);
        let answers = answers(body, &parts).unwrap();
        assert_eq!(refused(&records, &answers), records[1..3]);
    }
}
