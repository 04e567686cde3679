/* The schedules that the engine is tested with. */

#ifndef FUP_TEST_ENGINE_SCHEDULES_H
#define FUP_TEST_ENGINE_SCHEDULES_H

/* Steps seconds apart; two options; a close-out that closes. */
static const char quick[] =
    "{\"name\": \"quick\", \"mode\": \"live\", \"min_gap\": \"1s\",\n"
    " \"match\": {\"channel\": [\"webchat\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {\"variants\": "
    "[\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Hi {{ name }}, which one?\"},\n"
    "     \"options\": [{\"id\": \"a\", \"label\": {\"en\": \"One\"}},\n"
    "                   {\"id\": \"b\", \"label\": {\"en\": \"Two\"}}]}]}},\n"
    "  {\"kind\": \"last_call\", \"after\": \"1s\", \"message\": "
    "{\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Shall I close this?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1s\", \"close\": true,\n"
    "   \"message\": {\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Closed for now.\"}}]}}]}";

/* The same an hour apart: nothing is due while a test runs. */
static const char slow[] =
    "{\"name\": \"slow\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"telegram\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1h\", \"message\": {\"variants\": "
    "[\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Still of use?\"}}]}},\n"
    "  {\"kind\": \"close_out\", \"after\": \"1h\", \"message\": "
    "{\"variants\": [\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"Closed for now.\"}}]}}]}";

/* A text that cannot be filled in, and no fallback; then one that the linter
 * holds back. */
static const char blank[] =
    "{\"name\": \"blank\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"sms\"]},\n"
    " \"steps\": [\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {\"variants\": "
    "[\n"
    "    {\"id\": \"a\", \"text\": {\"en\": \"About {{ nothing }}?\"}}]}},\n"
    "  {\"kind\": \"check_in\", \"after\": \"1s\", \"message\": {\"variants\": "
    "[\n"
    "    {\"id\": \"b\", \"text\": {\"en\": \"Is it [goal]?\"}}]}}]}";

/* Two messages to a person in an hour, whatever the conversation. */
static const char capped[] =
    "{\"name\": \"capped\", \"mode\": \"live\",\n"
    " \"match\": {\"channel\": [\"api\"]},\n"
    " \"contact_cap\": {\"max\": 2, \"per\": \"1h\"},\n"
    " \"steps\": [{\"kind\": \"check_in\", \"after\": \"1s\", \"message\":\n"
    "  {\"variants\": [{\"id\": \"a\", \"text\": {\"en\": \"Still?\"}}]}}]}";

#endif
