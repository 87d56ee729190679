//! The form of a page, read and sent without a browser: as somebody would who tries what no browser does.

use crate::http::{Answer, Request};

/// The fields that a page's form carries and the values that may be chosen.
#[derive(Clone, Debug)]
pub struct Form {
    /// Hidden fields, by name.
    pub hidden: Vec<(String, String)>,
    /// The values of its radio buttons.
    pub options: Vec<String>,
}

impl Form {
    /// Reads the form that chooses.
    ///
    /// # Panics
    /// If the page has none.
    pub fn of(page: &Answer) -> Form {
        let forms = page.body.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap_or_default());
        let form = forms.into_iter().find(|form| form.contains("type=\"radio\""));
        let form = form.unwrap_or_else(|| panic!("expected a form, found {} {}", page.status, page.body));
        let inputs: Vec<_> =
            form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or_default()).collect();
        let of_type = |kind: &str| {
            let wanted = format!("type=\"{kind}\"");
            inputs
                .iter()
                .filter(move |input| input.contains(&wanted))
                .map(|input| (attribute(input, "name"), attribute(input, "value")))
        };
        let hidden = of_type("hidden").collect();
        Form { hidden, options: of_type("radio").map(|(_, value)| value).collect() }
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> &str {
        let field = self.hidden.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    /// The value of the option that begins so, `locker` say.
    pub fn option(&self, name: &str) -> &str {
        self.options.iter().find(|value| value.starts_with(name)).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    /// With another value of a hidden field.
    pub fn with(mut self, name: &str, value: &str) -> Form {
        let field = self.hidden.iter_mut().find(|(known, _)| known == name);
        value.clone_into(&mut field.expect("a hidden field of this name").1);
        self
    }

    /// Without a hidden field.
    pub fn without(mut self, name: &str) -> Form {
        self.hidden.retain(|(known, _)| known != name);
        self
    }

    /// The request that sends it with an option.
    pub fn post(&self, path: &str, option: &str) -> Request {
        let mut fields: Vec<(&str, &str)> =
            self.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.push(("option", self.option(option)));
        Request::new("POST", path).form(&fields)
    }
}

fn attribute(tag: &str, name: &str) -> String {
    let value = tag.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    // What templates escape within an attribute.
    [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(value.to_owned(), |value, (escaped, plain)| value.replace(escaped, plain))
}
