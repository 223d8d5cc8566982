//! `riverline phones`: a report on the phones in Sugar, for a spreadsheet.

use crate::app::{self, BuildError};
use crate::config::Config;
use crate::domain::record::Module;
use crate::flows::CrmError;
use crate::flows::phone_report::{PhoneReport, Row};
use clap::{Args, ValueEnum};
use std::io::Write;

/// A line about progress at most every so many records.
const STEP: usize = 5_000;

/// Which phones, and how they are written.
#[derive(Args)]
pub struct PhonesCommand {
    /// One module only: Contacts, Leads, Accounts or Prospects.
    #[arg(long)]
    module: Option<Module>,
    /// How the report is written to standard output.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Comma-separated, with a line of headings.
    Csv,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum PhonesError {
    /// The settings are not good enough.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Sugar did not give all phones; half a report would look like a whole one.
    #[error("the phones of {} cannot be read: {error}", .module.as_str())]
    Unread {
        /// Of which module.
        module: Module,
        /// Why not.
        error: CrmError,
    },
    /// Standard output takes no more.
    #[error("the report cannot be written: {0}")]
    Unwritten(#[from] csv::Error),
}

impl PhonesCommand {
    /// Reads all records once, as the service's own user, and writes what is worth looking at.
    pub async fn run(&self, config: &Config) -> Result<(), PhonesError> {
        let crm = app::crm_beside_service(config)?;
        let mut report = PhoneReport::new(
            config
                .default_country
                .parse()
                .map_err(BuildError::Country)?,
        );
        let modules = self.module.map_or(Module::ALL.to_vec(), |one| vec![one]);
        for module in modules {
            eprintln!("reading {} ...", module.as_str());
            let progress = |read: usize| {
                if read.is_multiple_of(STEP) {
                    eprintln!("  {read} read");
                }
            };
            let read = report.read(crm.as_ref(), module, &progress).await;
            read.map_err(|error| PhonesError::Unread { module, error })?;
        }
        match self.format {
            Format::Csv => {
                let rows = write_csv(std::io::stdout().lock(), report.rows())?;
                eprintln!("{rows} phones to look at");
            }
        }
        Ok(())
    }
}

/// Writes the rows with their headings; returns how many.
fn write_csv(to: impl Write, rows: impl Iterator<Item = Row>) -> csv::Result<usize> {
    let mut csv = csv::Writer::from_writer(to);
    csv.write_record(["module", "id", "field", "text", "e164", "finding"])?;
    let mut written = 0;
    for row in rows {
        let findings: Vec<String> = row.findings.iter().map(ToString::to_string).collect();
        csv.write_record([
            row.record.module.as_str(),
            &inert(&row.record.id),
            &row.field,
            &inert(&row.typed),
            // `+` and digits: as a formula, the number itself.
            row.number.as_ref().map_or("", |number| number.e164()),
            &findings.join("; "),
        ])?;
        written += 1;
    }
    csv.flush()?;
    Ok(written)
}

/// Text that no spreadsheet takes for a formula.
fn inert(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::PhoneNumber;
    use crate::domain::record::RecordRef;
    use crate::flows::phone_report::Finding;
    use proptest::prelude::*;

    fn row(typed: &str) -> Row {
        Row {
            record: RecordRef {
                module: Module::Leads,
                id: "l1".to_owned(),
            },
            field: "phone_work".to_owned(),
            typed: typed.to_owned(),
            number: PhoneNumber::parse_e164("+14155552671").ok(),
            findings: vec![Finding::Duplicate, Finding::Foreign("US".parse().ok())],
        }
    }

    fn written(rows: Vec<Row>) -> String {
        let mut bytes = Vec::new();
        write_csv(&mut bytes, rows.into_iter()).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_row_is_quoted_where_it_must_be_and_never_a_formula() {
        let rows = vec![row("415 555 2671, or \"office\""), row("=HYPERLINK(\"x\")")];
        assert_eq!(
            written(rows),
            "module,id,field,text,e164,finding\n\
             Leads,l1,phone_work,\"415 555 2671, or \"\"office\"\"\",+14155552671,duplicate; foreign (US)\n\
             Leads,l1,phone_work,\"'=HYPERLINK(\"\"x\"\")\",+14155552671,duplicate; foreign (US)\n"
        );
    }

    proptest! {
        #[test]
        fn any_text_stays_one_cell(typed in "(?s).{0,40}") {
            let csv = written(vec![row(&typed)]);
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let read = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(&read[3], inert(&typed));
            prop_assert!(!read[3].starts_with(['=', '+', '-', '@']));
        }
    }
}
