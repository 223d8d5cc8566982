//! Members as last seen in Sugar.

use super::conn::Db;
use super::schema::member;
use crate::domain::habits::Habits;
use crate::domain::ids::{IdError, MemberId};
use crate::domain::member::Member;
use crate::domain::presence::Choice;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = member)]
struct Row {
    id: String,
    name: String,
    title: Option<String>,
    department: Option<String>,
    time_zone: Option<String>,
    active: bool,
    presence_choice: String,
    date_format: Option<String>,
    time_format: Option<String>,
    picture: Option<String>,
}

impl TryFrom<Row> for Member {
    type Error = IdError;
    fn try_from(row: Row) -> Result<Self, IdError> {
        Ok(Self {
            id: row.id.try_into()?,
            name: row.name,
            title: row.title,
            department: row.department,
            picture: row.picture,
            active: row.active,
        })
    }
}

fn valid(rows: Vec<Row>) -> Vec<Member> {
    rows.into_iter()
        .filter_map(|row| row.try_into().ok())
        .collect()
}

/// Stores what Sugar says of a user; true when colleagues see a difference. Habits that it does
/// not tell stay as they were.
pub fn save(conn: &mut Db, new: &Member, habits: &Habits) -> QueryResult<bool> {
    let target = member::table.find(new.id.as_str());
    let known: Option<Row> = target.select(Row::as_select()).first(conn).optional()?;
    let Some(known) = known else {
        let row = Row {
            id: new.id.to_string(),
            name: new.name.clone(),
            title: new.title.clone(),
            department: new.department.clone(),
            time_zone: habits.time_zone.clone(),
            active: new.active,
            presence_choice: Choice::Available.as_str().to_owned(),
            date_format: habits.date_format.clone(),
            time_format: habits.time_format.clone(),
            picture: new.picture.clone(),
        };
        diesel::insert_into(member::table)
            .values(row)
            .execute(conn)?;
        return Ok(true);
    };
    let told = |new: &Option<String>, known: &Option<String>| new.clone().or(known.clone());
    let (zone, date, time) = (
        told(&habits.time_zone, &known.time_zone),
        told(&habits.date_format, &known.date_format),
        told(&habits.time_format, &known.time_format),
    );
    if (&zone, &date, &time) != (&known.time_zone, &known.date_format, &known.time_format) {
        diesel::update(target)
            .set((
                member::time_zone.eq(zone),
                member::date_format.eq(date),
                member::time_format.eq(time),
            ))
            .execute(conn)?;
    }
    if Member::try_from(known).is_ok_and(|known| known == *new) {
        return Ok(false);
    }
    diesel::update(target)
        .set((
            member::name.eq(&new.name),
            member::title.eq(new.title.as_deref()),
            member::department.eq(new.department.as_deref()),
            member::picture.eq(new.picture.as_deref()),
            member::active.eq(new.active),
        ))
        .execute(conn)?;
    Ok(true)
}

/// One member.
pub fn find(conn: &mut Db, id: &MemberId) -> QueryResult<Option<Member>> {
    let row = member::table
        .find(id.as_str())
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.and_then(|row| row.try_into().ok()))
}

/// Everybody who is active, by name.
pub fn active(conn: &mut Db) -> QueryResult<Vec<Member>> {
    let rows = member::table
        .filter(member::active.eq(true))
        .order((member::name, member::id))
        .select(Row::as_select())
        .load(conn)?;
    Ok(valid(rows))
}

/// A page of active members in the order of their ids.
pub fn page(conn: &mut Db, after: &str, limit: i64) -> QueryResult<Vec<Member>> {
    let rows = member::table
        .filter(member::active.eq(true).and(member::id.gt(after)))
        .order(member::id)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(valid(rows))
}

/// How a member writes days and times, as his Sugar profile says.
pub fn habits(conn: &mut Db, id: &MemberId) -> QueryResult<Habits> {
    let told: Option<(Option<String>, Option<String>, Option<String>)> = member::table
        .find(id.as_str())
        .select((member::time_zone, member::date_format, member::time_format))
        .first(conn)
        .optional()?;
    let (time_zone, date_format, time_format) = told.unwrap_or_default();
    Ok(Habits {
        time_zone,
        date_format,
        time_format,
    })
}

/// What the member chose to show.
pub fn choice(conn: &mut Db, id: &MemberId) -> QueryResult<Choice> {
    let text: Option<String> = member::table
        .find(id.as_str())
        .select(member::presence_choice)
        .first(conn)
        .optional()?;
    Ok(text.map_or(Choice::Available, |text| Choice::from_stored(&text)))
}

/// Keeps what the member chose to show.
pub fn set_choice(conn: &mut Db, id: &MemberId, choice: Choice) -> QueryResult<()> {
    diesel::update(member::table.find(id.as_str()))
        .set(member::presence_choice.eq(choice.as_str()))
        .execute(conn)?;
    Ok(())
}
