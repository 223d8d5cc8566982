//! Notes in Sugar (`sugar-server.md`, 2.7 and 2.8).

use serde_json::{Value, json};

use super::answers::{flag, incomplete, not_visible, same_record, text};
use super::rest::Call;
use super::sugar::check_id;
use super::{CrmError, NewNote, NoteChange, StoredNote, Sugar};
use crate::domain::record::{Module, RecordRef};

const FIELDS: &str = "name,description,deleted,date_entered,date_modified,created_by,filename";

impl Sugar {
    pub(super) async fn notes_create(&self, note: &NewNote) -> Result<StoredNote, CrmError> {
        let answer = self.as_service(&Call::post(&["Notes"], body(note))).await?;
        stored(&answer).ok_or_else(incomplete)
    }

    pub(super) async fn notes_rewrite(
        &self,
        id: &str,
        change: &NoteChange,
        seen: Option<&str>,
    ) -> Result<StoredNote, CrmError> {
        check_id(id)?;
        let call = Call::put(&["Notes", id], changes(change)).unless_changed_since(seen);
        let answer = self.as_service(&call).await.map_err(|error| match error {
            CrmError::Refused { status: 409, .. } => CrmError::Overtaken,
            other => not_visible(other),
        })?;
        same_record(&answer, id)?;
        stored(&answer).ok_or_else(incomplete)
    }

    pub(super) async fn notes_find(
        &self,
        ids: &[&str],
        marker: &str,
    ) -> Result<Vec<StoredNote>, CrmError> {
        let filter = json!({
            // No brackets: they mean something to LIKE on some of Sugar's databases.
            "filter": [{"$or": [{"id": {"$in": ids}}, {"name": {"$contains": marker}}]}],
            "deleted": true,
            "fields": FIELDS,
            "order_by": "date_entered:ASC,id:ASC",
        });
        let found = self.all_pages(&["Notes", "filter"], &filter).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        // What Sugar's Copy makes has our subject, and is a person's all the same.
        let me = self.own_id().await?;
        let known = |note: &Value| ids.iter().any(|id| note["id"] == *id);
        let is_ours = |note: &Value| match text(&note["created_by"]) {
            Some(author) => author == me,
            None => true,
        };
        let ours = found.iter().filter(|note| known(note) || is_ours(note));
        Ok(ours.filter_map(stored).collect())
    }

    pub(super) async fn notes_attach(
        &self,
        id: &str,
        file_name: &str,
        text: &str,
    ) -> Result<(), CrmError> {
        check_id(id)?;
        let path = ["Notes", id, "file", "filename"];
        let call = Call::put_text(&path, text).with("filename", file_name);
        self.as_service(&call).await.map_err(not_visible)?;
        Ok(())
    }

    pub(super) async fn notes_delete(&self, id: &str) -> Result<(), CrmError> {
        check_id(id)?;
        match self.as_service(&Call::delete(&["Notes", id])).await {
            Ok(_) | Err(CrmError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The members of a new Note as Sugar names them.
fn body(note: &NewNote) -> Value {
    let mut body = json!({
        "id": note.id,
        "name": note.name,
        "description": note.description,
        "assigned_user_id": note.assigned_user_id.as_deref().unwrap_or_default(),
        // True would show the conversation in the customer portal.
        "portal_flag": false,
    });
    place(&mut body, &note.parent, &note.team_name);
    body
}

/// The members that change, as Sugar names them.
fn changes(change: &NoteChange) -> Value {
    let mut body = json!({});
    if let Some(name) = &change.name {
        body["name"] = name.as_str().into();
    }
    if let Some(description) = &change.description {
        body["description"] = description.as_str().into();
    }
    if let Some((record, teams)) = &change.moved_to {
        // No longer the contact of before, whatever it moves to.
        body["contact_id"] = "".into();
        place(&mut body, record, teams);
    }
    body
}

/// On which record a Note is, and which teams see it.
fn place(body: &mut Value, record: &RecordRef, teams: &Value) {
    body["parent_type"] = record.module.as_str().into();
    body["parent_id"] = record.id.as_str().into();
    if record.module == Module::Contacts {
        // Not the same relationship as the parent, and lists use either.
        body["contact_id"] = record.id.as_str().into();
    }
    if teams.is_array() {
        body["team_name"] = teams.clone();
    }
}

/// A Note of an answer; `None` without an id.
fn stored(note: &Value) -> Option<StoredNote> {
    let entered = text(&note["date_entered"]);
    Some(StoredNote {
        id: text(&note["id"])?,
        name: text(&note["name"]).unwrap_or_default(),
        description: text(&note["description"]).unwrap_or_default(),
        deleted: flag(&note["deleted"]),
        untouched: entered.is_some() && entered == text(&note["date_modified"]),
        modified: text(&note["date_modified"]),
        file_name: text(&note["filename"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_note_carries_both_relations_and_the_records_teams() {
        let mut note = NewNote {
            id: "n1".to_owned(),
            name: "subject".to_owned(),
            description: "text".to_owned(),
            parent: RecordRef {
                module: Module::Contacts,
                id: "c1".to_owned(),
            },
            assigned_user_id: Some("seed_sally_id".to_owned()),
            team_name: json!([{"id": "1", "primary": true}]),
        };
        let of_contact = body(&note);
        assert_eq!(of_contact["parent_type"], "Contacts");
        assert_eq!(of_contact["contact_id"], "c1");
        assert_eq!(of_contact["portal_flag"], false);
        assert_eq!(of_contact["team_name"][0]["id"], "1");
        note.parent.module = Module::Leads;
        assert_eq!(body(&note).get("contact_id"), None);
        let lead = (note.parent.clone(), json!("not a list"));
        let moved = changes(&NoteChange {
            moved_to: Some(lead),
            ..NoteChange::default()
        });
        let wanted = json!({"parent_type": "Leads", "parent_id": "c1", "contact_id": ""});
        assert_eq!(moved, wanted);
    }

    #[test]
    fn a_note_that_somebody_wrote_to_is_not_untouched() {
        let at = |entered: &str, modified: &str| {
            let note = json!({"id": "n", "deleted": "0", "date_entered": entered, "date_modified": modified});
            stored(&note).unwrap()
        };
        assert!(at("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z").untouched);
        assert!(!at("2026-11-22T10:00:00Z", "2026-11-22T10:00:01Z").untouched);
        assert!(!at("", "").untouched && !at("", "").deleted);
    }
}
