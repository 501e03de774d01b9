import os
import threading
import unittest
from unittest.mock import patch
from urllib.error import HTTPError
from urllib.request import urlopen

from hello.greeting import greeting
from hello.release import check
from hello.web import Handler, Server
from hello.worker import work


class GreetingTest(unittest.TestCase):
    def test_says_hello(self):
        with patch.dict(os.environ, clear=True):
            self.assertEqual(greeting("Ada"), "Hello, Ada!")

    def test_takes_its_first_word_from_the_configuration(self):
        with patch.dict(os.environ, {"GREETING": "Moin"}):
            self.assertEqual(greeting(), "Moin, world!")


class WebTest(unittest.TestCase):
    def setUp(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def test_greets_by_name(self):
        with urlopen(f"{self.url}/?name=Ada") as response:
            self.assertIn("Ada!", response.read().decode())

    def test_is_healthy(self):
        with urlopen(f"{self.url}/healthz") as response:
            self.assertEqual(response.status, 200)

    def test_other_pages_are_not_found(self):
        with self.assertRaises(HTTPError) as raised:
            urlopen(f"{self.url}/nowhere")
        self.assertEqual(raised.exception.code, 404)
        raised.exception.close()


class OtherProcessesTest(unittest.TestCase):
    def test_the_worker_counts_its_jobs(self):
        self.assertTrue(work(3).startswith("job 3: "))

    def test_the_release_phase_refuses_a_wrong_configuration(self):
        self.assertIsNone(check({}))
        self.assertIn("number", check({"WORK_EVERY": "soon"}))


if __name__ == "__main__":
    unittest.main()
