"""Addresses of the tracker, one list per concept. Wrong references fall through to the same 404 as hidden ones."""

from django.urls import path

from cases.views import (
    accounts,
    adding,
    as_known,
    case,
    cases,
    citations,
    courts,
    dates,
    desk,
    drafts,
    history,
    home,
    lawyers,
    lists,
    notice,
    numbers,
    organisations,
    people,
    pick,
    places,
    proceedings,
    provisions,
    records,
    report_files,
    reports,
    restore,
    rights,
    roles,
    source_text,
    sources,
)

listed = [
    path("cases/", cases.list_cases, name="case-list"),
    path("cases/filters/", cases.choose_filters, name="case-filters"),
    path("reports/cases.csv", report_files.export_csv, {"name": "cases"}, name="case-csv"),
]

# Reports: tables of what is recorded, as files

reporting = [
    path("reports/", reports.list_reports, name="report-list"),
    path("reports/dictionary/", reports.show_dictionary, name="report-dictionary"),
    path("reports/workbook.xlsx", report_files.export_workbook, name="report-workbook"),
    path("reports/<slug:name>.csv", report_files.export_csv, name="report-csv"),
    path("reports/<slug:name>.xlsx", report_files.export_xlsx, name="report-xlsx"),
    path("reports/<slug:name>/", reports.show_report, name="report-detail"),
    path("reports/<slug:name>/progress/", report_files.show_progress, name="report-progress"),
]

shared = [
    path("dates/understand/", dates.understand_date, name="understand-date"),
]

# People, lawyers, places, courts, provisions, sources, proceedings

things = [
    path("people/", people.list_people, name="person-list"),
    path("people/add/", people.add_person, name="person-add"),
    path("people/<str:reference>/", people.show_person, name="person-detail"),
    path("people/<str:reference>/photo/", people.show_photo, name="person-photo"),
    path("people/<str:reference>/edit/", people.edit_person, name="person-edit"),
    path("people/<str:reference>/delete/", people.delete_person, name="person-delete"),
    path("people/<str:reference>/roles/add/", roles.add_role, name="role-add"),
    path("people/<str:reference>/roles/<int:pk>/edit/", roles.edit_role, name="role-edit"),
    path("people/<str:reference>/roles/<int:pk>/delete/", roles.delete_role, name="role-delete"),
    path("lawyers/", lawyers.list_lawyers, name="lawyer-list"),
    path("lawyers/add/", lawyers.add_lawyer, name="lawyer-add"),
    path("lawyers/<str:reference>/", lawyers.show_lawyer, name="lawyer-detail"),
    path("lawyers/<str:reference>/edit/", lawyers.edit_lawyer, name="lawyer-edit"),
    path("lawyers/<str:reference>/delete/", lawyers.delete_lawyer, name="lawyer-delete"),
    path("places/", places.list_places, name="place-list"),
    path("places/add/", places.add_place, name="place-add"),
    path("places/<int:pk>/", places.show_place, name="place-detail"),
    path("places/<int:pk>/edit/", places.edit_place, name="place-edit"),
    path("places/<int:pk>/delete/", places.delete_place, name="place-delete"),
    path("courts/", courts.list_courts, name="court-list"),
    path("courts/add/", courts.add_court, name="court-add"),
    path("courts/<int:pk>/", courts.show_court, name="court-detail"),
    path("courts/<int:pk>/edit/", courts.edit_court, name="court-edit"),
    path("courts/<int:pk>/delete/", courts.delete_court, name="court-delete"),
    path("provisions/", provisions.list_provisions, name="provision-list"),
    path("provisions/add/", provisions.add_provision, name="provision-add"),
    path("provisions/<int:pk>/", provisions.show_provision, name="provision-detail"),
    path("provisions/<int:pk>/edit/", provisions.edit_provision, name="provision-edit"),
    path("provisions/<int:pk>/delete/", provisions.delete_provision, name="provision-delete"),
    path("rights/", rights.list_rights, name="right-list"),
    path("rights/<int:pk>/", rights.show_right, name="right-detail"),
    path("lists/", lists.list_lists, name="list-list"),
    path("lists/add/", lists.add_list, name="list-add"),
    path("lists/<int:pk>/", lists.show_list, name="list-detail"),
    path("lists/<int:pk>/edit/", lists.edit_list, name="list-edit"),
    path("lists/<int:pk>/delete/", lists.delete_list, name="list-delete"),
    path("organisations/", organisations.list_organisations, name="organisation-list"),
    path("organisations/add/", organisations.add_organisation, name="organisation-add"),
    path("organisations/<int:pk>/", organisations.show_organisation, name="organisation-detail"),
    path("organisations/<int:pk>/edit/", organisations.edit_organisation, name="organisation-edit"),
    path("organisations/<int:pk>/delete/", organisations.delete_organisation, name="organisation-delete"),
    path("sources/", sources.list_sources, name="source-list"),
    path("sources/add/", sources.add_source, name="source-add"),
    path("sources/<str:reference>/", sources.show_source, name="source-detail"),
    path("sources/<str:reference>/text/", source_text.write_text, name="source-text"),
    path("sources/<str:reference>/edit/", sources.edit_source, name="source-edit"),
    path("sources/<str:reference>/facts/add/", desk.add_fact, name="source-fact-add"),
    path("sources/<str:reference>/delete/", sources.delete_source, name="source-delete"),
    path("proceedings/", proceedings.list_proceedings, name="proceeding-list"),
    path("proceedings/add/", proceedings.add_proceeding, name="proceeding-add"),
    path("proceedings/<str:reference>/", proceedings.show_proceeding, name="proceeding-detail"),
    path("proceedings/<str:reference>/edit/", proceedings.edit_proceeding, name="proceeding-edit"),
    path("proceedings/<str:reference>/delete/", proceedings.delete_proceeding, name="proceeding-delete"),
]

# Writing: cases and their records, and what is picked in their forms

writing = [
    path("cases/add/", adding.case_add, name="case-add"),
    path("cases/add/source/", adding.choose_source, name="case-add-source"),
    path("cases/add/many/", adding.case_add_many, name="case-add-many"),
    path("cases/<str:reference>/edit/", records.case_edit, name="case-edit"),
    path("cases/<str:reference>/delete/", records.case_delete, name="case-delete"),
    path("cases/<str:reference>/changed/", notice.case_changed, name="case-changed"),
    path("cases/<str:reference>/<slug:kind>/add/", records.record_add, name="record-add"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/edit/", records.record_edit, name="record-edit"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/delete/", records.record_delete, name="record-delete"),
    path("pick/<slug:kind>/", pick.pick, name="pick"),
    path("drafts/keep/", drafts.keep, name="draft-keep"),
    path("drafts/drop/", drafts.drop, name="draft-drop"),
]

# Citations: one more source for a record, a role or a person, and each citation by itself

citing = [
    path("cases/<str:reference>/<slug:kind>/<int:pk>/citations/add/", citations.add_to_record, name="citation-add"),
    path("people/<str:reference>/citations/add/", citations.add_to_person, name="person-citation-add"),
    path("people/<str:reference>/roles/<int:pk>/citations/add/", citations.add_to_role, name="role-citation-add"),
    path("citations/<int:pk>/", citations.show_citation, name="citation-detail"),
    path("citations/<int:pk>/edit/", citations.edit_citation, name="citation-edit"),
    path("citations/<int:pk>/delete/", citations.delete_citation, name="citation-delete"),
]

# Rival accounts of what a record tells

rivals = [
    path("cases/<str:reference>/<slug:kind>/<int:pk>/accounts/", accounts.list_accounts, name="account-list"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/accounts/add/", accounts.add_account, name="account-add"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/accounts/take/", accounts.take_values, name="account-take"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/accept/", accounts.accept_account, name="account-accept"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/reject/", accounts.reject_account, name="account-reject"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/join/", accounts.join_accounts, name="account-join"),
    path("cases/<str:reference>/<slug:kind>/<int:pk>/take-back/", accounts.take_back, name="account-take-back"),
]

# Bringing back what was

restoring = [
    path("changes/<slug:kind>/<int:pk>/restore/", restore.restore_change, name="change-restore"),
    path("changes/<slug:kind>/<int:pk>/undo/", restore.undo_act, name="change-undo"),
]

# The page of a case as it was at a past moment, and two moments side by side

past = [
    path("cases/<str:reference>/as-known/", as_known.show_as_known, name="case-as-known"),
    path("cases/<str:reference>/compare/", as_known.compare, name="case-compare"),
]

# What was changed, by whom and why

changes = [
    path("changes/", history.list_changes, name="change-list"),
    path("changes/<slug:kind>/<int:pk>/", history.show_change, name="change-detail"),
    path("cases/<str:reference>/history/", history.case_history, name="case-history"),
    *(
        path(f"{things}/<{key}:key>/history/", history.thing_history, {"thing": thing}, name=f"{thing}-history")
        for things, key, thing in [
            ("people", "str", "person"),
            ("lawyers", "str", "lawyer"),
            ("sources", "str", "source"),
            ("proceedings", "str", "proceeding"),
            ("places", "int", "place"),
            ("courts", "int", "court"),
            ("provisions", "int", "provision"),
            ("lists", "int", "list"),
            ("organisations", "int", "organisation"),
            ("rights", "int", "right"),
        ]
    ),
]

# What is counted, and each table and curve as a file

counting = [
    path("numbers/", numbers.show_numbers, name="numbers"),
    path("numbers/<slug:name>.csv", numbers.export_csv, name="number-csv"),
    path("numbers/<slug:name>.svg", numbers.export_svg, name="number-svg"),
]

# The first page and the page of a case

reading = [
    path("", home.home, name="home"),
    path("cases/<str:reference>/", case.show_case, name="case-detail"),
]

urlpatterns = [
    *listed,
    *reporting,
    *counting,
    *writing,
    *changes,
    *past,
    *restoring,
    *citing,
    *rivals,
    *reading,
    *things,
    *shared,
]
