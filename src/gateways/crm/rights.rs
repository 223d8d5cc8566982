//! Which records a user may no longer see.

use serde_json::Value;

use super::CrmError;
use super::bulk::Part;
use crate::domain::record::RecordRef;

/// Records that one call asks for.
pub(super) const PER_CALL: usize = 50;

/// The call that reads one record among several.
pub(super) fn read(record: &RecordRef, fields: &str) -> Part {
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
pub(super) fn refused(
    records: &[RecordRef],
    answers: &[Result<Value, CrmError>],
) -> Vec<RecordRef> {
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
