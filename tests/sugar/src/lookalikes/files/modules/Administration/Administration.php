<?php

/** Empty: the class comes from the autoloader. */
