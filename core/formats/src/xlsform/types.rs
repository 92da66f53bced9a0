//! The words of the type column.

use ruhu_form::QuestionKind::{self, *};
use ruhu_text::nearest;

/// What a type cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    Question(QuestionKind),
    /// A question whose answers the type itself limits.
    Limited(QuestionKind, &'static str),
    /// Something that the host knows.
    Property(&'static str),
    Select {
        kind: QuestionKind,
        from: ChoiceSource,
        /// `or_other`
        other: bool,
    },
    /// A place that is asked for when another answer changes.
    BackgroundGeopoint,
    /// A table for expressions, of a file with this ending.
    External(&'static str),
    Begin(Container),
    /// A loop and the list it goes over.
    BeginLoop(Option<String>),
    End(Container),
    /// A setting in the survey, as early XLSForms had it.
    Setting(&'static str),
    /// A select without a list.
    NoList,
    Unknown {
        suggestion: Option<&'static str>,
    },
}

/// What holds questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Group,
    Repeat,
    /// A group for each choice of a list, with the same questions.
    Loop,
}

impl Container {
    pub fn name(self) -> &'static str {
        match self {
            Container::Group => "group",
            Container::Repeat => "repeat",
            Container::Loop => "loop",
        }
    }
}

/// Where the choices of a select stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ChoiceSource {
    List(String),
    /// A list of the sheet `external_choices`.
    External(String),
    /// A file: `villages.csv`.
    File(String),
    /// The answers to a question of a repeat.
    Answers(String),
}

/// Types by their names: lower case, blanks and hyphens as `_`.
static TYPES: &[(&str, Type)] = &[
    ("text", Type::Question(Text)),
    ("string", Type::Question(Text)),
    ("q_string", Type::Question(Text)),
    ("add_text_prompt", Type::Question(Text)),
    ("integer", Type::Question(Integer)),
    ("int", Type::Question(Integer)),
    ("q_int", Type::Question(Integer)),
    ("add_integer_prompt", Type::Question(Integer)),
    ("decimal", Type::Question(Decimal)),
    ("q_decimal", Type::Question(Decimal)),
    ("add_decimal_prompt", Type::Question(Decimal)),
    ("range", Type::Question(Range)),
    ("date", Type::Question(Date)),
    ("q_date", Type::Question(Date)),
    ("add_date_prompt", Type::Question(Date)),
    ("time", Type::Question(Time)),
    ("datetime", Type::Question(DateTime)),
    ("date_time", Type::Question(DateTime)),
    ("q_datetime", Type::Question(DateTime)),
    ("q_date_time", Type::Question(DateTime)),
    ("add_datetime_prompt", Type::Question(DateTime)),
    ("add_date_time_prompt", Type::Question(DateTime)),
    ("note", Type::Question(Note)),
    ("q_note", Type::Question(Note)),
    ("add_note_prompt", Type::Question(Note)),
    ("calculate", Type::Question(Calculate)),
    ("calculation", Type::Question(Calculate)),
    ("q_calculate", Type::Question(Calculate)),
    ("add_calculate_prompt", Type::Question(Calculate)),
    ("image", Type::Question(Image)),
    ("photo", Type::Question(Image)),
    ("q_image", Type::Question(Image)),
    ("q_picture", Type::Question(Image)),
    ("add_image_prompt", Type::Question(Image)),
    ("add_photo_prompt", Type::Question(Image)),
    ("audio", Type::Question(Audio)),
    ("q_audio", Type::Question(Audio)),
    ("add_audio_prompt", Type::Question(Audio)),
    ("video", Type::Question(Video)),
    ("q_video", Type::Question(Video)),
    ("add_video_prompt", Type::Question(Video)),
    ("file", Type::Question(File)),
    ("add_file_prompt", Type::Question(File)),
    ("osm", Type::Question(File)),
    ("barcode", Type::Question(Barcode)),
    ("q_barcode", Type::Question(Barcode)),
    ("add_barcode_prompt", Type::Question(Barcode)),
    ("geopoint", Type::Question(Geopoint)),
    ("gps", Type::Question(Geopoint)),
    ("location", Type::Question(Geopoint)),
    ("q_geopoint", Type::Question(Geopoint)),
    ("q_location", Type::Question(Geopoint)),
    ("add_location_prompt", Type::Question(Geopoint)),
    ("geotrace", Type::Question(Geotrace)),
    ("q_geotrace", Type::Question(Geotrace)),
    ("geoshape", Type::Question(Geoshape)),
    ("q_geoshape", Type::Question(Geoshape)),
    ("acknowledge", Type::Question(Acknowledge)),
    ("trigger", Type::Question(Acknowledge)),
    ("q_acknowledge", Type::Question(Acknowledge)),
    ("add_acknowledge_prompt", Type::Question(Acknowledge)),
    ("hidden", Type::Question(Hidden)),
    ("start", Type::Question(Start)),
    ("start_time", Type::Question(Start)),
    ("starttime", Type::Question(Start)),
    ("get_start_time", Type::Question(Start)),
    ("end", Type::Question(End)),
    ("end_time", Type::Question(End)),
    ("endtime", Type::Question(End)),
    ("get_end_time", Type::Question(End)),
    ("today", Type::Question(Today)),
    ("get_today", Type::Question(Today)),
    ("audit", Type::Question(Audit)),
    ("start_geopoint", Type::Question(StartGeopoint)),
    ("background_audio", Type::Question(BackgroundAudio)),
    ("background_geopoint", Type::BackgroundGeopoint),
    ("percentage", Type::Limited(Integer, "0 <= . and . <= 100")),
    ("number_of_days_in_last_month", Type::Limited(Integer, "0 <= . and . <= 31")),
    ("number_of_days_in_last_six_months", Type::Limited(Integer, "0 <= . and . <= 183")),
    ("number_of_days_in_last_year", Type::Limited(Integer, "0 <= . and . <= 365")),
    ("phone_number", Type::Limited(Text, "regex(., '^[0-9]*$')")),
    ("deviceid", Type::Property("deviceid")),
    ("device_id", Type::Property("deviceid")),
    ("imei", Type::Property("deviceid")),
    ("get_device_id", Type::Property("deviceid")),
    ("phonenumber", Type::Property("phonenumber")),
    ("get_phone_number", Type::Property("phonenumber")),
    ("simserial", Type::Property("simserial")),
    ("sim_id", Type::Property("simserial")),
    ("get_sim_id", Type::Property("simserial")),
    ("subscriberid", Type::Property("subscriberid")),
    ("subscriber_id", Type::Property("subscriberid")),
    ("get_subscriber_id", Type::Property("subscriberid")),
    ("username", Type::Property("username")),
    ("email", Type::Property("email")),
    ("uri:deviceid", Type::Property("uri:deviceid")),
    ("uri:phonenumber", Type::Property("uri:phonenumber")),
    ("uri:simserial", Type::Property("uri:simserial")),
    ("uri:subscriberid", Type::Property("uri:subscriberid")),
    ("uri:username", Type::Property("uri:username")),
    ("uri:email", Type::Property("uri:email")),
    ("csv_external", Type::External("csv")),
    ("xml_external", Type::External("xml")),
    ("form_title", Type::Setting("form_title")),
    ("set_form_title", Type::Setting("form_title")),
    ("form_id", Type::Setting("form_id")),
    ("set_form_id", Type::Setting("form_id")),
    ("begin_group", Type::Begin(Container::Group)),
    ("begin_repeat", Type::Begin(Container::Repeat)),
    ("end_group", Type::End(Container::Group)),
    ("end_repeat", Type::End(Container::Repeat)),
];

/// Types that name where their choices stand.
const SELECTS: [(&str, QuestionKind); 19] = [
    ("select_one", SelectOne),
    ("select1", SelectOne),
    ("q_select1", SelectOne),
    ("select_one_from", SelectOne),
    ("select_one_using", SelectOne),
    ("add_select_one_prompt_using", SelectOne),
    ("select_one_external", SelectOne),
    ("select_one_from_file", SelectOne),
    ("select_multiple", SelectMultiple),
    ("select", SelectMultiple),
    ("q_select", SelectMultiple),
    ("select_multiple_from", SelectMultiple),
    ("select_multiple_using", SelectMultiple),
    ("add_select_multiple_prompt_using", SelectMultiple),
    ("select_all_that_apply", SelectMultiple),
    ("select_all_that_apply_from", SelectMultiple),
    ("select_multiple_from_file", SelectMultiple),
    ("rank", Rank),
    ("rank_from", Rank),
];

/// Files that choices may come from.
pub(super) const FILES: [&str; 3] = ["csv", "xml", "geojson"];

/// Reads a type cell, in any case and with any blanks.
pub(super) fn read(cell: &str) -> Type {
    let words: Vec<&str> = cell.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase().replace('-', "_")).collect();
    let name = lower.join("_");
    let known = TYPES.iter().find(|(known, _)| *known == name).map(|(_, found)| found.clone());
    known
        .or_else(|| container(&words, &name))
        .or_else(|| select(&words, &lower))
        .unwrap_or_else(|| unknown(&lower, &name))
}

/// `begin looped group`, `begin loop over list`, `end lgroup`.
fn container(words: &[&str], name: &str) -> Option<Type> {
    let (begins, rest) = match name.strip_prefix("begin_") {
        Some(rest) => (true, rest),
        None => (false, name.strip_prefix("end_")?),
    };
    let container = match rest.split("_over_").next()? {
        "lgroup" | "looped_group" => Container::Repeat,
        "loop" => Container::Loop,
        _ if rest.starts_with("loop_") => Container::Loop,
        _ => return None,
    };
    Some(match (begins, container) {
        (true, Container::Loop) => {
            let list = words.last().filter(|word| !word.to_lowercase().ends_with("loop"));
            Type::BeginLoop(list.map(|list| (*list).to_owned()))
        }
        (true, container) => Type::Begin(container),
        (false, container) => Type::End(container),
    })
}

/// `select_one list`, `select one from list`, `select_multiple list or_other`.
fn select(words: &[&str], lower: &[String]) -> Option<Type> {
    // The longest name first: what follows it is the list.
    let known = |used: usize| {
        let name = lower.get(..used)?.join("_");
        SELECTS.iter().find(|(select, _)| *select == name).map(|(name, kind)| (*name, *kind, used))
    };
    let found: Vec<_> = (1..=5.min(lower.len())).rev().filter_map(known).collect();
    let with_list = found.iter().find(|(_, _, used)| words.len() > *used);
    let Some((name, kind, used)) = with_list else {
        return (!found.is_empty()).then_some(Type::NoList);
    };
    let list = (*words.get(*used)?).to_owned();
    let other = match lower.get(used + 1..).unwrap_or_default().join("_").as_str() {
        "" => false,
        "or_other" | "or_specify_other" => true,
        _ => return Some(Type::Unknown { suggestion: None }),
    };
    Some(Type::Select { kind: *kind, from: source(name, list), other })
}

fn source(name: &str, list: String) -> ChoiceSource {
    let answers = list.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    if let Some(question) = answers {
        return ChoiceSource::Answers(question.to_owned());
    }
    let ends = |ending: &&str| list.to_ascii_lowercase().ends_with(&format!(".{ending}"));
    match name {
        "select_one_external" => ChoiceSource::External(list),
        _ if name.ends_with("_from_file") || FILES.iter().any(ends) => ChoiceSource::File(list),
        _ => ChoiceSource::List(list),
    }
}

fn unknown(lower: &[String], name: &str) -> Type {
    let names = || TYPES.iter().map(|(name, _)| *name);
    let selects = || SELECTS.iter().map(|(name, _)| *name);
    let first = lower.first().map_or("", String::as_str);
    let suggestion = nearest(name, names()).or_else(|| {
        let begun = (lower.len() > 1).then_some(()).and_then(|()| nearest(first, selects()));
        begun.or_else(|| nearest(name, selects()))
    });
    Type::Unknown { suggestion }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(kind: QuestionKind, other: bool) -> Type {
        Type::Select { kind, from: ChoiceSource::List("yes_no".into()), other }
    }

    #[test]
    fn types_are_read_in_the_spellings_people_use() {
        assert_eq!(read("select_one yes_no"), list(SelectOne, false));
        assert_eq!(read("Select one  from yes_no"), list(SelectOne, false));
        assert_eq!(read("select all that apply from yes_no"), list(SelectMultiple, false));
        assert_eq!(read("select_multiple yes_no or_other"), list(SelectMultiple, true));
        assert_eq!(read("select_one yes_no or specify other"), list(SelectOne, true));
        assert_eq!(read("rank yes_no"), list(Rank, false));
        assert_eq!(read("begin group"), Type::Begin(Container::Group));
        assert_eq!(read("END_REPEAT"), Type::End(Container::Repeat));
        assert_eq!(read("begin looped group"), Type::Begin(Container::Repeat));
        assert_eq!(read("begin lgroup"), Type::Begin(Container::Repeat));
        assert_eq!(read("begin loop over Crops"), Type::BeginLoop(Some("Crops".into())));
        assert_eq!(read("begin loop"), Type::BeginLoop(None));
        assert_eq!(read("end loop"), Type::End(Container::Loop));
        assert_eq!(read("dateTime"), Type::Question(DateTime));
        assert_eq!(read("start_geopoint"), Type::Question(StartGeopoint));
        assert_eq!(read("background-geopoint"), Type::BackgroundGeopoint);
        assert_eq!(read("phone number"), Type::Limited(Text, "regex(., '^[0-9]*$')"));
        assert_eq!(read("get phone number"), Type::Property("phonenumber"));
    }

    #[test]
    fn choices_come_from_lists_files_and_answers() {
        let select = |from| Type::Select { kind: SelectOne, from, other: false };
        assert_eq!(
            read("select_one_from_file Villages.csv"),
            select(ChoiceSource::File("Villages.csv".into()))
        );
        assert_eq!(read("select one from file v.geojson"), select(ChoiceSource::File("v.geojson".into())));
        assert_eq!(read("select_one v.xml"), select(ChoiceSource::File("v.xml".into())));
        assert_eq!(read("select_one_external towns"), select(ChoiceSource::External("towns".into())));
        assert_eq!(read("select_one ${name}"), select(ChoiceSource::Answers("name".into())));
        assert_eq!(read("select one from file"), select(ChoiceSource::List("file".into())));
    }

    #[test]
    fn what_is_not_read_says_what_it_may_have_meant() {
        assert_eq!(read("interger"), Type::Unknown { suggestion: Some("integer") });
        assert_eq!(read("selct_one yes_no"), Type::Unknown { suggestion: Some("select_one") });
        assert_eq!(read("begin_gruop"), Type::Unknown { suggestion: Some("begin_group") });
        assert_eq!(read("select_one"), Type::NoList);
        assert_eq!(read("hologram"), Type::Unknown { suggestion: None });
    }
}
